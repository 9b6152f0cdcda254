//! Reads the table notation: one line a field, nesting by indentation.
//!
//! A heading line starts with `## `, a comment with `#`, a message in the first column, a field with two blanks for each
//! level. A field's line is name, type, versions, then attributes parted by `;`. A tagged field may leave its versions
//! out: it has those of its tag.

use std::fmt;

use crate::model::{Field, Kind, Message, Section, Type, Versions};

/// A line that is not the notation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line's number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ParseError {}

/// Reads a whole table.
pub fn parse(text: &str) -> Result<Vec<Section>, ParseError> {
    let mut sections = vec![Section::default()];
    let mut current: Option<Message> = None;
    for (index, line) in text.lines().enumerate() {
        let at = |reason: String| ParseError { line: index + 1, reason };
        let content = line.trim();
        if content.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            if let Some(title) = line.strip_prefix("## ") {
                finish(&mut sections, current.take());
                sections.push(Section { title: title.trim().to_owned(), messages: Vec::new() });
            }
        } else if line.starts_with(' ') {
            let depth = (line.len() - line.trim_start().len()) / 2;
            let field = parse_field(content).map_err(at)?;
            let message = current.as_mut().ok_or_else(|| at("a field outside a message".to_owned()))?;
            siblings(&mut message.fields, depth).map_err(at)?.push(field);
        } else {
            finish(&mut sections, current.take());
            current = parse_message(content).map_err(at)?;
        }
    }
    finish(&mut sections, current);
    sections.retain(|section| !section.messages.is_empty());
    Ok(sections)
}

fn finish(sections: &mut [Section], message: Option<Message>) {
    if let (Some(section), Some(mut message)) = (sections.last_mut(), message) {
        clip(&mut message.fields, message.versions);
        section.messages.push(message);
    }
}

/// Narrows every field to the versions that its parent has, so that later stages see what can occur.
fn clip(fields: &mut Vec<Field>, parent: Versions) {
    for field in fields.iter_mut() {
        field.versions = field.versions.and(parent);
        field.nullable = field.nullable.and(field.versions);
        field.tag = field.tag.map(|(number, versions)| (number, versions.and(field.versions)));
        clip(&mut field.children, field.versions);
    }
    fields.retain(|field| !field.versions.is_empty());
}

fn siblings(fields: &mut Vec<Field>, depth: usize) -> Result<&mut Vec<Field>, String> {
    let mut level = fields;
    for _ in 1..depth {
        let parent = level.last_mut().ok_or("indented below nothing")?;
        if !parent.holds_struct() {
            return Err(format!("'{}' is no struct and has no fields", parent.name));
        }
        level = &mut parent.children;
    }
    Ok(level)
}

/// `None` for a message that has been removed.
fn parse_message(content: &str) -> Result<Option<Message>, String> {
    let words: Vec<&str> = content.split_whitespace().collect();
    let [mark, name, rest @ ..] = words.as_slice() else {
        return Err("a message needs a mark and a name".to_owned());
    };
    if rest.contains(&"removed") {
        return Ok(None);
    }
    let mut message = Message {
        number: mark.parse().ok(),
        name: (*name).to_owned(),
        kind: kind_of(mark, name, rest)?,
        versions: Versions::NONE,
        flexible: Versions::NONE,
        listeners: Vec::new(),
        latest_unstable: false,
        fields: Vec::new(),
    };
    let mut words = rest.iter().filter(|word| !word.starts_with('('));
    while let Some(word) = words.next() {
        let mut value = || words.next().copied().ok_or_else(|| format!("'{word}' needs a value"));
        match *word {
            "versions" => message.versions = parse_versions(value()?)?,
            "flexible" => message.flexible = parse_versions(value()?)?,
            "on" => message.listeners = value()?.split(',').map(str::to_owned).collect(),
            "latest-unstable" => message.latest_unstable = true,
            other => return Err(format!("'{other}' means nothing here")),
        }
    }
    if message.versions.is_empty() || message.versions.last == i16::MAX {
        return Err(format!("'{name}' needs a first and a last version"));
    }
    message.flexible = message.flexible.and(message.versions);
    Ok(Some(message))
}

fn kind_of(mark: &str, name: &str, rest: &[&str]) -> Result<Kind, String> {
    match (mark, rest.first().copied()) {
        ("header", _) => Ok(Kind::Header),
        ("data", _) | (_, Some("(data)")) => Ok(Kind::Data),
        (_, Some("(metadata)")) => Ok(Kind::Metadata),
        (_, Some("(coordinator-key)")) => Ok(Kind::CoordinatorKey),
        (_, Some("(coordinator-value)")) => Ok(Kind::CoordinatorValue),
        _ if name.ends_with("Request") => Ok(Kind::Request),
        _ if name.ends_with("Response") => Ok(Kind::Response),
        _ => Err(format!("'{name}' is of no known kind")),
    }
}

fn parse_field(content: &str) -> Result<Field, String> {
    let mut words = content.splitn(2, char::is_whitespace);
    let name = words.next().unwrap_or_default().to_owned();
    let rest = words.next().unwrap_or_default().trim_start();
    let (kind, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let rest = rest.trim();
    let (versions, attributes) = match rest.split_once(char::is_whitespace) {
        Some((first, attributes)) => match parse_versions(first) {
            Ok(versions) => (Some(versions), attributes),
            Err(_) => (None, rest),
        },
        None => (Some(parse_versions(rest)?), ""),
    };
    let mut field = Field {
        name,
        kind: parse_type(kind)?,
        versions: versions.unwrap_or(Versions::NONE),
        nullable: Versions::NONE,
        tag: None,
        default: None,
        ignorable: false,
        always: false,
        never_compact: false,
        children: Vec::new(),
    };
    for attribute in attributes.split(';') {
        parse_attribute(&mut field, attribute.trim())?;
    }
    if versions.is_none() {
        field.versions = field.tagged();
    }
    Ok(field)
}

fn parse_attribute(field: &mut Field, attribute: &str) -> Result<(), String> {
    let (word, value) = attribute.split_once(' ').unwrap_or((attribute, ""));
    let value = value.trim();
    match word {
        "null" => field.nullable = parse_versions(value)?,
        "default" => field.default = Some(value.to_owned()),
        "ignorable" => field.ignorable = true,
        "always" => field.always = true,
        "flexible" => field.never_compact = parse_versions(value)?.is_empty(),
        "tag" => {
            let (number, versions) = value.split_once(' ').ok_or("a tag needs a number and versions")?;
            let number = number.parse().map_err(|_| format!("'{number}' is no tag number"))?;
            field.tag = Some((number, parse_versions(versions.trim())?));
        }
        "" | "key" | "is" => {}
        other => return Err(format!("attribute '{other}' means nothing here")),
    }
    Ok(())
}

fn parse_versions(text: &str) -> Result<Versions, String> {
    let number = |digits: &str| digits.parse::<i16>().map_err(|_| format!("'{text}' is no set of versions"));
    if text == "none" {
        Ok(Versions::NONE)
    } else if let Some(first) = text.strip_suffix('+') {
        Ok(Versions { first: number(first)?, last: i16::MAX })
    } else if let Some((first, last)) = text.split_once('-') {
        Ok(Versions { first: number(first)?, last: number(last)? })
    } else {
        let only = number(text)?;
        Ok(Versions { first: only, last: only })
    }
}

fn parse_type(text: &str) -> Result<Type, String> {
    if let Some(element) = text.strip_prefix("[]") {
        return Ok(Type::Array(Box::new(parse_type(element)?)));
    }
    Ok(match text {
        "bool" => Type::Bool,
        "int8" => Type::Int8,
        "int16" => Type::Int16,
        "uint16" => Type::Uint16,
        "int32" => Type::Int32,
        "uint32" => Type::Uint32,
        "int64" => Type::Int64,
        "float64" => Type::Float64,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "records" => Type::Records,
        "uuid" => Type::Uuid,
        "{}" => Type::Struct,
        other => return Err(format!("'{other}' is no type")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
# a comment
7 OldRequest  removed

9 ThingRequest  versions 2-5  flexible 4+  on broker,controller  latest-unstable
  Name                 string       0+      null 3+; default null
  Parts                []{}         3+      tag 1 4+
    Size               uint16       0-4
  Loose                int64                tag 0 4+; default -1
";

    #[test]
    fn fields_are_clipped_to_the_versions_of_their_parents() {
        let sections = parse(TABLE).expect("valid");
        let message = &sections[0].messages[0];
        assert_eq!(message.listeners, ["broker", "controller"]);
        assert!(message.latest_unstable);
        assert_eq!(message.fields[0].versions, Versions { first: 2, last: 5 });
        assert_eq!(message.fields[0].nullable, Versions { first: 3, last: 5 });
        assert_eq!(message.fields[1].children[0].versions, Versions { first: 3, last: 4 });
        assert_eq!(message.fields[2].versions, Versions { first: 4, last: 5 });
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, line) in [
            ("  Name string 0+", 1),
            ("1 XRequest versions 0\n  Name text 0+", 2),
            ("1 XRequest versions 0\n  Name string 0+\n    Deep int8 0+", 3),
            ("1 XRequest versions 0+", 1),
            ("1 XRequest versions 0\n  Name string 0+ shiny", 2),
        ] {
            assert_eq!(parse(text).map(|_| ()).map_err(|error| error.line), Err(line), "{text}");
        }
    }
}
