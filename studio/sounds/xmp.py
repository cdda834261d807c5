"""The XMP packet of a sound file, and what its XML has in common with iXML.

Fields are named as in `tags`. The packet never has China's label: that may be in a file only
once, and each container has a place of its own for it.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

from studio.errors import RequestError

_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "studio": "urn:studio:record:1.0",
}
_PROPERTIES = {
    "CREDIT": "photoshop:Credit",
    "SPDX": "studio:spdx",
    "LICENSE": "xmpRights:WebStatement",
    "DIGITALSOURCETYPE": "Iptc4xmpExt:DigitalSourceType",
    "RIGHTSID": "studio:rightsId",
    "ENCODED-BY": "xmp:CreatorTool",
}
_DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def write(fields: Mapping[str, str]) -> bytes:
    """The packet of what others may want to read; empty where there is nothing to say."""
    said = {name: fields[name] for name in _PROPERTIES if fields.get(name)}
    if not said:
        return b""
    for prefix, address in _NAMESPACES.items():
        ElementTree.register_namespace(prefix, address)
    ElementTree.register_namespace("x", "adobe:ns:meta/")
    root = ElementTree.Element("{adobe:ns:meta/}xmpmeta")
    rdf = ElementTree.SubElement(root, _name("rdf:RDF"))
    about = ElementTree.SubElement(rdf, _name("rdf:Description"), {_name("rdf:about"): ""})
    for name, text in said.items():
        about.set(_name(_PROPERTIES[name]), text)
    if fields.get("TITLE"):
        title = ElementTree.SubElement(
            ElementTree.SubElement(about, _name("dc:title")), _name("rdf:Alt")
        )
        line = ElementTree.SubElement(title, _name("rdf:li"))
        line.set("{http://www.w3.org/XML/1998/namespace}lang", "x-default")
        line.text = fields["TITLE"]
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    head = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode()
    return head + body + b'<?xpacket end="w"?>'


def read(packet: bytes) -> dict[str, str]:
    """The fields in a packet, written as attributes or as elements.

    Raises:
        RequestError: it is not XML.
    """
    root = parse(packet, "XMP packet")
    found: dict[str, str] = {}
    for about in root.iter(_name("rdf:Description")):
        for name, property in _PROPERTIES.items():
            text = about.get(_name(property), about.findtext(_name(property)))
            if text is not None:
                found[name] = text
    return found


def parse(text: bytes, what: str) -> ElementTree.Element:
    """XML from a file that may come from anywhere.

    Raises:
        RequestError: it is damaged, or declares entities, which could fill the memory.
    """
    try:
        plain = text.decode("utf-8").strip("\0 \r\n\t\ufeff")
        if _DECLARATION.search(plain):
            raise RequestError(f"the {what} declares entities, which is not allowed in a tag")
        return ElementTree.fromstring(plain)
    except (UnicodeDecodeError, ElementTree.ParseError, ValueError) as error:
        raise RequestError(f"the {what} is damaged ({error}); give a whole file") from error


def picture_mime(picture: bytes) -> str:
    """What a cover is.

    Raises:
        RequestError: neither a PNG nor a JPEG.
    """
    if picture[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if picture[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    raise RequestError(f"a cover must be a PNG or a JPEG, got bytes {picture[:4].hex(' ')}")


def _name(qualified: str) -> str:
    prefix, local = qualified.split(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"
