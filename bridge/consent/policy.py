"""What a firm's rules of coming back say: by which policy a person's own opt-out is lifted. Pure.

`practifi`: the untick is the firm's statement that the person asked; it lifts at once. `confirm`:
Constant Contact asks the person, once ever. `evidence`: nothing before it is recorded who asked,
when and how. Each is stricter than the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from bridge.errors import ConfigurationError
from bridge.mapping.countries import country_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Policy: TypeAlias = Literal["practifi", "confirm", "evidence"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
"""In order: each is stricter than the one before."""

_COUNTRY_PREFIX = "country."
_CODE_LENGTH = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How a connection treats requests to come back.

    Attributes:
        policy: For everybody's own opt-out.
        by_country: Two-letter code -> policy for people with that mailing country; never looser.
        mass_limit: This many unticks of people who had opted out themselves go on by themselves.
        mass_minutes: Within so many minutes.
    """

    policy: Policy = "practifi"
    by_country: Mapping[str, Policy] = field(default_factory=dict)
    mass_limit: int = 10
    mass_minutes: int = 10

    def policy_for(self, countries: Iterable[str | None]) -> Policy:
        """Return the strictest policy for people with these mailing countries.

        >>> Rules(by_country={"DE": "confirm"}).policy_for(["Germany", None])
        'confirm'
        >>> Rules(policy="evidence", by_country={"DE": "confirm"}).policy_for(["DE"])
        'evidence'
        """
        if not self.by_country:  # no tables of countries are read for nothing
            return self.policy
        codes = (country_code(country).strip().upper() for country in countries if country)
        return strictest([self.policy, *(self.by_country.get(code, self.policy) for code in codes)])

    def as_json(self) -> dict[str, Any]:
        """Return the rules as they are stored and printed."""
        return {
            "policy": self.policy,
            "by_country": dict(sorted(self.by_country.items())),
            "mass_limit": self.mass_limit,
            "mass_minutes": self.mass_minutes,
        }


def strictest(policies: Iterable[Policy]) -> Policy:
    """Return the strictest of some policies.

    >>> strictest(["practifi", "evidence", "confirm"])
    'evidence'
    """
    return max(policies, key=POLICIES.index)


def rules_from(stored: Mapping[str, Any] | None) -> Rules:
    """Return the rules that `Rules.as_json` had stored; the defaults where there are none."""
    names = Rules.__dataclass_fields__
    return Rules(**{name: value for name, value in (stored or {}).items() if name in names})


def changed(rules: Rules, assignments: Iterable[str]) -> Rules:
    """Return the rules with settings as people type them: `NAME=VALUE`.

    A country without a value has no policy of its own any more.

    Raises:
        ConfigurationError: If a name or a value is none; the message lists what there is.

    >>> changed(Rules(), ["policy=confirm", "country.de=evidence"]).by_country
    {'DE': 'evidence'}
    """
    for assignment in assignments:
        name, equals, value = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise ConfigurationError(f"{assignment!r}: NAME=VALUE is wanted")
        rules = _changed(rules, name, value)
    return rules


def _changed(rules: Rules, name: str, value: str) -> Rules:
    if name == "policy":
        return replace(rules, policy=_policy(value))
    if name.startswith(_COUNTRY_PREFIX):
        code = country_code(name.removeprefix(_COUNTRY_PREFIX)).upper()
        if len(code) != _CODE_LENGTH:
            raise ConfigurationError(f"{name}: a country is named by its two-letter code")
        others = {key: policy for key, policy in rules.by_country.items() if key != code}
        return replace(rules, by_country=others | ({code: _policy(value)} if value else {}))
    if name == "mass_limit" and value.isdecimal():
        return replace(rules, mass_limit=int(value))
    if name == "mass_minutes" and value.isdecimal() and int(value):
        return replace(rules, mass_minutes=int(value))
    raise ConfigurationError(
        f"{name}={value}: there are policy={'|'.join(POLICIES)}, country.XX={'|'.join(POLICIES)}, "
        "mass_limit=N and mass_minutes=N"
    )


def _policy(text: str) -> Policy:
    if text not in POLICIES:
        raise ConfigurationError(f"{text!r} is no policy: there are {', '.join(POLICIES)}")
    return text
