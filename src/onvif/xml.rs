//! XML of strangers as a small tree: bounded, without entities, with the namespace of every name.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::text::{Sentence, onvif as say};

/// ONVIF's own messages have a dozen levels.
const MOST_LEVELS: usize = 48;
/// A recorder with 64 channels and three streams each has 20,000.
const MOST_ELEMENTS: usize = 100_000;
/// Longest namespace: each element has its own copy, so that a long one would be multiplied. ONVIF's have 60 bytes.
const LONGEST_SPACE: usize = 256;
/// How every namespace of ONVIF begins.
const ONVIF: &str = "http://www.onvif.org/";
/// Namespaces and the prefixes by which we write them.
pub(super) const PREFIXES: [(&str, &str); 6] = [
    ("http://www.w3.org/2003/05/soap-envelope", "s"),
    ("http://www.onvif.org/ver10/schema", "tt"),
    ("http://www.onvif.org/ver10/device/wsdl", "tds"),
    (MEDIA, "trt"),
    (MEDIA2, "tr2"),
    ("http://www.onvif.org/ver10/network/wsdl", "dn"),
];
/// The media service of every camera of before 2018.
pub(super) const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";
/// The media service that knows H.265.
pub(super) const MEDIA2: &str = "http://www.onvif.org/ver20/media/wsdl";

/// Why it cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    Empty,
    Broken,
    Entities,
    TooDeep,
    TooMany,
}

impl Unreadable {
    pub(super) fn sentence(self) -> Sentence {
        match self {
            Unreadable::Empty => say::no_text(),
            Unreadable::Broken => say::broken_xml(),
            Unreadable::Entities => say::entities(),
            Unreadable::TooDeep => say::too_deep(),
            Unreadable::TooMany => say::too_many(),
        }
    }
}

/// One element and all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Element {
    /// The address of its namespace; empty where it has none.
    pub(super) space: String,
    pub(super) name: String,
    /// Without those of a namespace of their own.
    pub(super) attributes: Vec<(String, String)>,
    /// All text that stands directly in it.
    text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Its text without what stands around it.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(super) fn set_text(&mut self, text: String) {
        self.text = text;
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    pub(super) fn set_attribute(&mut self, name: &str, value: String) {
        match self.attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name.to_owned(), value)),
        }
    }

    /// Its children of that name in a namespace for which `is_of` holds.
    pub(super) fn all<'e>(
        &'e self,
        name: &'e str,
        is_of: fn(&str) -> bool,
    ) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name && is_of(&child.space))
    }

    /// Its children of that name in a namespace of ONVIF's: a maker's own additions are passed over.
    pub(super) fn onvif_all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.all(name, is_onvif)
    }

    /// The element to which these names lead, one below the other.
    pub(super) fn onvif(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| {
            element.children.iter().find(|child| child.name == *name && is_onvif(&child.space))
        })
    }

    pub(super) fn onvif_mut(&mut self, path: &[&str]) -> Option<&mut Element> {
        path.iter().try_fold(self, |element, name| {
            element.children.iter_mut().find(|child| child.name == *name && is_onvif(&child.space))
        })
    }

    /// The text of the element to which these names lead, read as a number or whatever else.
    pub(super) fn read<T: std::str::FromStr>(&self, path: &[&str]) -> Option<T> {
        self.onvif(path)?.text().parse().ok()
    }

    /// As it is sent, with the prefixes of [`PREFIXES`].
    pub(super) fn write(&self, to: &mut String) {
        let prefix = PREFIXES.iter().find(|(space, _)| *space == self.space).map(|(_, prefix)| *prefix);
        let name = prefix.map_or_else(|| self.name.clone(), |prefix| format!("{prefix}:{}", self.name));
        to.push('<');
        to.push_str(&name);
        if prefix.is_none() {
            to.push_str(&format!(" xmlns=\"{}\"", escaped(&self.space)));
        }
        for (name, value) in &self.attributes {
            to.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
        to.push('>');
        to.push_str(&escaped(self.text()));
        for child in &self.children {
            child.write(to);
        }
        to.push_str("</");
        to.push_str(&name);
        to.push('>');
    }
}

fn is_onvif(space: &str) -> bool {
    space.starts_with(ONVIF)
}

/// A text as it may stand in XML, in an element and in an attribute.
pub(super) fn escaped(text: &str) -> String {
    // What XML 1.0 has no way to write is left out.
    let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r')).collect();
    quick_xml::escape::escape(text).into_owned()
}

/// Reads a message. Bytes that are no UTF-8 become replacement characters: only names have such.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, Unreadable> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut reader = NsReader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let (space, event) = reader.read_resolved_event().map_err(|_| Unreadable::Broken)?;
        let space = name_of(&space)?;
        let (closed, is_new) = match event {
            Event::Start(start) => {
                open.push(element(space, &start)?);
                (None, true)
            }
            Event::Empty(start) => (Some(element(space, &start)?), true),
            Event::End(_) => (Some(open.pop().ok_or(Unreadable::Broken)?), false),
            Event::Text(text) => {
                add(&mut open, &text.xml10_content());
                (None, false)
            }
            Event::CData(text) => {
                add(&mut open, &text);
                (None, false)
            }
            Event::GeneralRef(reference) => {
                let read = reference.resolve_char_ref().map_err(|_| Unreadable::Broken)?;
                let read = read.map(String::from);
                let predefined = || quick_xml::escape::resolve_xml_entity(&reference).map(str::to_owned);
                add(&mut open, &read.or_else(predefined).ok_or(Unreadable::Entities)?);
                (None, false)
            }
            Event::DocType(_) => return Err(Unreadable::Entities),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => (None, false),
            Event::Eof => break,
        };
        elements += usize::from(is_new);
        if elements > MOST_ELEMENTS {
            return Err(Unreadable::TooMany);
        }
        if open.len() > MOST_LEVELS {
            return Err(Unreadable::TooDeep);
        }
        if let Some(closed) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None if root.is_none() => root = Some(closed),
                None => return Err(Unreadable::Broken),
            }
        }
    }
    root.filter(|_| open.is_empty()).ok_or(Unreadable::Broken)
}

fn name_of(space: &ResolveResult<'_>) -> Result<String, Unreadable> {
    match space {
        ResolveResult::Bound(Namespace(space)) if space.len() > LONGEST_SPACE => Err(Unreadable::TooMany),
        ResolveResult::Bound(Namespace(space)) => {
            let name = quick_xml::escape::unescape(space).map_err(|_| Unreadable::Entities)?;
            Ok(name.into_owned())
        }
        ResolveResult::Unbound | ResolveResult::Unknown(_) => Ok(String::new()),
    }
}

fn element(space: String, start: &BytesStart<'_>) -> Result<Element, Unreadable> {
    let name = start.local_name().into_inner().to_owned();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Unreadable::Broken)?;
        let name = attribute.key.into_inner();
        if name == "xmlns" || name.contains(':') {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Unreadable::Entities)?;
        attributes.push((name.to_owned(), value.into_owned()));
    }
    Ok(Element { space, name, attributes, text: String::new(), children: Vec::new() })
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}
