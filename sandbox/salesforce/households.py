"""The clients of an invented firm: households, their people, some with one address between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A member of a household."""

    first_name: str
    last_name: str
    email: str | None
    born_on: str | None = None
    title: str | None = None
    do_not_email: bool = False


@dataclass(frozen=True)
class Household:
    """A client, or somebody who may become one, at one postal address."""

    name: str
    street: str
    city: str
    state: str
    postal_code: str
    people: tuple[Person, ...]
    kind: str = "Client"


HOUSEHOLDS = (
    Household(
        "Okafor Household",
        "14 Lantern Street",
        "Portland",
        "ME",
        "04101",
        (
            Person("Ngozi", "Okafor", "ngozi.okafor@example.org", "1968-03-11", "Architect"),
            Person("Daniel", "Okafor", "okafor.family@example.org", "1966-09-02"),
            Person("Amara", "Okafor", "okafor.family@example.org", "2001-12-24", "Student"),
        ),
    ),
    Household(
        "Lindqvist Household",
        "3 Quarry Road",
        "Camden",
        "ME",
        "04843",
        (
            Person("Ebba", "Lindqvist", "ebba.lindqvist@example.com", "1955-05-19", "Retired"),
            Person("Nils", "Lindqvist", "nils.lindqvist@example.com", "1953-01-30", "Retired"),
        ),
    ),
    Household(
        "Beaumont Household",
        "220 Harbour Lane",
        "Portsmouth",
        "NH",
        "03801",
        (
            Person("Claire", "Beaumont", "claire.beaumont@example.org", "1979-07-07", "Surgeon"),
            Person("Luc", "Beaumont", "luc.beaumont@example.org", "1977-11-15", "Chef"),
            Person("Margot", "Beaumont", None, "2010-04-03"),
        ),
    ),
    Household(
        "Tanaka Household",
        "8 Beacon Terrace",
        "Boston",
        "MA",
        "02108",
        (
            Person("Kenji", "Tanaka", "tanaka@example.com", "1961-02-28", "Violinist"),
            Person("Yumi", "Tanaka", "tanaka@example.com", "1963-10-10", "Translator"),
        ),
    ),
    Household(
        "O'Hara Household",
        "51 Mill Pond Way",
        "Burlington",
        "VT",
        "05401",
        (
            Person("Siobhan", "O'Hara", "siobhan.ohara@example.org", "1984-06-16", "Vet"),
            Person(
                "Patrick", "O'Hara", "pat.ohara@example.org", None, "Carpenter", do_not_email=True
            ),
        ),
    ),
    Household(
        "Mensah Household",
        "77 Congress Street",
        "Portland",
        "ME",
        "04101",
        (
            Person("Kwame", "Mensah", "kwame.mensah@example.com", "1972-08-21", "Engineer"),
            Person("Abena", "Mensah", "abena.mensah@example.com", "1974-03-05", "Judge"),
            Person("Kofi", "Mensah", "kofi.mensah@example.com", "2003-01-17", "Student"),
        ),
    ),
    Household(
        "Petrov Household",
        "19 Elm Court",
        "Concord",
        "NH",
        "03301",
        (Person("Irina", "Petrov", "irina.petrov@example.org", "1949-12-01", "Retired"),),
    ),
    Household(
        "Castellanos Household",
        "6 Windmill Hill",
        "Rockport",
        "ME",
        "04856",
        (
            Person("Inés", "Castellanos", "ines.castellanos@example.com", "1981-05-27", "Baker"),
            Person("Mateo", "Castellanos", "mateo.castellanos@example.com", "1980-09-13"),
        ),
    ),
    Household(
        "Abernathy Household",
        "1 Orchard Close",
        "Hanover",
        "NH",
        "03755",
        (
            Person("Walter", "Abernathy", "walter@abernathy.example.org", "1938-04-22", "Retired"),
            Person("Dorothy", "Abernathy", "dorothy@abernathy.example.org", "1941-11-08"),
        ),
    ),
    Household(
        "Nguyen Household",
        "402 Tremont Street",
        "Boston",
        "MA",
        "02116",
        (
            Person("Linh", "Nguyen", "linh.nguyen@example.org", "1990-02-14", "Pharmacist"),
            Person("Bao", "Nguyen", "bao.nguyen@example.org", "1988-07-29", "Designer"),
        ),
    ),
    Household(
        "Fitzgerald-Rossi Household",
        "88 Cliff Walk",
        "Bar Harbor",
        "ME",
        "04609",
        (
            Person("Anna", "Fitzgerald-Rossi", "anna.fr@example.com", "1976-10-31", "Publisher"),
            Person("Marco", "Rossi", "marco.rossi@example.com", "1973-06-09", "Photographer"),
            Person("Giulia", "Rossi", "giulia.rossi@example.com", "2005-08-18", "Student"),
        ),
    ),
    Household(
        "Haddad Household",
        "12 Maple Crescent",
        "Montpelier",
        "VT",
        "05602",
        (
            Person("Samir", "Haddad", "haddad.home@example.org", "1969-01-06", "Dentist"),
            Person("Leila", "Haddad", "haddad.home@example.org", "1971-03-23", "Teacher"),
        ),
    ),
    Household(
        "Whitcombe Household",
        "5 Lighthouse Lane",
        "Cape Elizabeth",
        "ME",
        "04107",
        (
            Person("George", "Whitcombe", "george.whitcombe@example.com", "1958-09-27", "Broker"),
            Person("Helen", "Whitcombe", "helen.whitcombe@example.com", do_not_email=True),
        ),
    ),
    Household(
        "Sørensen Household",
        "31 Fisher Row",
        "Gloucester",
        "MA",
        "01930",
        (
            Person("Freja", "Sørensen", "freja.sorensen@example.org", "1985-12-12", "Biologist"),
            Person("Mikkel", "Sørensen", "mikkel.sorensen@example.org", "1983-04-04", "Captain"),
        ),
    ),
    Household(
        "Dubois Household",
        "9 Granary Yard",
        "Stowe",
        "VT",
        "05672",
        (Person("Thérèse", "Dubois", "therese.dubois@example.com", "1964-02-02", "Innkeeper"),),
    ),
    Household(
        "Achterberg Household",
        "140 Foundry Street",
        "Manchester",
        "NH",
        "03101",
        (
            Person("Pieter", "Achterberg", "pieter@achterberg.example.com", "1978-11-20", "Miller"),
            Person("Saskia", "Achterberg", "saskia@achterberg.example.com", "1982-05-15"),
            Person("Wim", "Achterberg", None, "1945-07-01", "Retired"),
        ),
    ),
    Household(
        "Chandra Household",
        "27 Observatory Place",
        "Cambridge",
        "MA",
        "02138",
        (
            Person("Priya", "Chandra", "priya.chandra@example.org", "1987-10-19", "Astronomer"),
            Person("Arjun", "Chandra", "arjun.chandra@example.org", "1986-08-15", "Professor"),
        ),
    ),
    Household(
        "Kowalski Household",
        "63 Depot Square",
        "Brattleboro",
        "VT",
        "05301",
        (
            Person("Zofia", "Kowalski", "zofia.kowalski@example.com", "1992-03-30", "Nurse"),
            Person("Jan", "Kowalski", "jan.kowalski@example.com", "1991-01-25", "Electrician"),
        ),
        "Prospect",
    ),
    Household(
        "Adeyemi Household",
        "18 Juniper Bend",
        "Nashua",
        "NH",
        "03060",
        (
            Person("Tunde", "Adeyemi", "tunde.adeyemi@example.org", "1970-06-26", "Pilot"),
            Person("Folake", "Adeyemi", "folake.adeyemi@example.org", "1972-12-09", "Lawyer"),
            Person("Bisi", "Adeyemi", "bisi.adeyemi@example.org", "1999-09-09", "Analyst"),
        ),
    ),
    Household(
        "Moreau Household",
        "2 Ferry Landing",
        "Bath",
        "ME",
        "04530",
        (
            Person("Étienne", "Moreau", "etienne.moreau@example.com", "1956-05-05", "Boatbuilder"),
            Person("Ruth", "Moreau", "ruth.moreau@example.com", "1957-08-28", "Potter"),
        ),
        "Prospect",
    ),
)
