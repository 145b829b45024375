"""The WSDL of an outbound message, as *Click for WSDL* on its page in Setup gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.salesforce.outbound.definitions import Definition
    from sandbox.salesforce.schema import Field, SObject

_TYPES = {
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "double": "xsd:double",
    "id": "ent:ID",
    "int": "xsd:int",
    "reference": "ent:ID",
}
_TEMPLATE = """<?xml version="1.0" encoding="UTF-8"?>
<!--
Outbound Notification Web Services API Version 1.0
Generated on {generated_at}.

Copyright 1999-{year} salesforce.com, inc.
All Rights Reserved
-->
<definitions targetNamespace="http://soap.sforce.com/2005/09/outbound"
   xmlns="http://schemas.xmlsoap.org/wsdl/"
   xmlns:apachesoap="http://xml.apache.org/xml-soap"
   xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
   xmlns:xsd="http://www.w3.org/2001/XMLSchema"
   xmlns:ent="urn:enterprise.soap.sforce.com"
   xmlns:ens="urn:sobject.enterprise.soap.sforce.com"
   xmlns:tns="http://soap.sforce.com/2005/09/outbound">
    <types>
        <schema elementFormDefault="qualified" xmlns="http://www.w3.org/2001/XMLSchema" \
targetNamespace="urn:enterprise.soap.sforce.com">
            <!-- Our simple ID Type -->
            <simpleType name="ID">
                <restriction base="xsd:string">
                    <length value="18"/>
                    <pattern value='[a-zA-Z0-9]{{18}}'/>
                </restriction>
            </simpleType>
        </schema>
        <schema elementFormDefault="qualified" xmlns="http://www.w3.org/2001/XMLSchema" \
targetNamespace="urn:sobject.enterprise.soap.sforce.com">
            <import namespace="urn:enterprise.soap.sforce.com"/>
            <!-- Base sObject (abstract) -->
            <complexType name="sObject">
                <sequence>
                    <element name="fieldsToNull" type="xsd:string" nillable="true" minOccurs="0" \
maxOccurs="unbounded"/>
                    <element name="Id" type="ent:ID" nillable="true"/>
                </sequence>
            </complexType>
            <complexType name="AggregateResult">
                <complexContent>
                    <extension base="ens:sObject">
                        <sequence>
                            <any namespace="##targetNamespace" minOccurs="0" \
maxOccurs="unbounded" processContents="lax"/>
                        </sequence>
                    </extension>
                </complexContent>
            </complexType>
            <complexType name="{name}">
                <complexContent>
                    <extension base="ens:sObject">
                        <sequence>
{fields}
                        </sequence>
                    </extension>
                </complexContent>
            </complexType>
        </schema>
        <schema elementFormDefault="qualified" xmlns="http://www.w3.org/2001/XMLSchema" \
targetNamespace="http://soap.sforce.com/2005/09/outbound">
            <import namespace="urn:enterprise.soap.sforce.com"/>
            <import namespace="urn:sobject.enterprise.soap.sforce.com"/>
            <element name="notifications">
                <complexType>
                    <sequence>
                        <element name="OrganizationId" type="ent:ID"/>
                        <element name="ActionId" type="ent:ID"/>
                        <element name="SessionId" type="xsd:string" nillable="true"/>
                        <element name="EnterpriseUrl" type="xsd:string"/>
                        <element name="PartnerUrl" type="xsd:string"/>
                        <element name="Notification" maxOccurs="100" \
type="tns:{name}Notification"/>
                    </sequence>
                </complexType>
            </element>
            <complexType name="{name}Notification">
                <sequence>
                    <element name="Id" type="ent:ID"/>
                    <element name="sObject" type="ens:{name}"/>
                </sequence>
            </complexType>
            <element name="notificationsResponse">
                <complexType>
                    <sequence>
                        <element name="Ack" type="xsd:boolean"/>
                    </sequence>
                </complexType>
            </element>
        </schema>
    </types>
    <message name="notificationsRequest">
        <part element="tns:notifications" name="request"/>
    </message>
    <message name="notificationsResponse">
        <part element="tns:notificationsResponse" name="response"/>
    </message>
    <portType name="NotificationPort">
        <operation name="notifications">
            <documentation>Process a number of notifications.</documentation>
            <input message="tns:notificationsRequest"/>
            <output message="tns:notificationsResponse"/>
        </operation>
    </portType>
    <binding name="NotificationBinding" type="tns:NotificationPort">
        <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
        <operation name="notifications">
            <soap:operation soapAction=""/>
            <input><soap:body use="literal"/></input>
            <output><soap:body use="literal"/></output>
        </operation>
    </binding>
    <service name="NotificationService">
        <documentation>{description}</documentation>
        <port binding="tns:NotificationBinding" name="Notification">
            <soap:address location={address}/>
        </port>
    </service>
</definitions>
"""


def wsdl(definition: Definition, sobject: SObject, *, endpoint: str, at: datetime) -> str:
    """Return the WSDL of one definition.

    Args:
        definition: The outbound message.
        sobject: Its object, for the types of the fields.
        endpoint: Where the message goes.
        at: When the WSDL is made.
    """
    carried = (sobject.field(name) for name in definition.carries if name != "Id")
    return _TEMPLATE.format(
        name=sobject.name,
        fields="\n".join(_element(field) for field in carried if field is not None),
        address=quoteattr(endpoint),
        description=escape(definition.description or "Notification Service Implementation"),
        generated_at=at.strftime("%Y-%m-%d %H:%M:%S +0000"),
        year=at.year,
    )


def _element(field: Field) -> str:
    kind = _TYPES.get(field.type, "xsd:string")
    return (
        f'                            <element name="{field.name}" nillable="true" '
        f'minOccurs="0" type="{kind}"/>'
    )
