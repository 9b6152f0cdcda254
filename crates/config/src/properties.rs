//! Java's properties files: the syntax of server.properties.
//!
//! A line is `key=value`, `key:value` or `key value`. `#` and `!` begin a comment. A backslash at the end continues the
//! line; elsewhere it escapes: `\t \n \r \f`, `\u` and four hexadecimal digits, or the character itself. A text
//! that is not UTF-8 is read as Latin-1, in which Java reads every such file.

use std::collections::{BTreeMap, HashMap};

use crate::error::Warning;

/// The largest file read, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// A file's settings in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    file: String,
    properties: Vec<Property>,
}

/// One setting and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The line it begins on, from 1.
    pub line: usize,
}

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PropertiesError {
    /// It is larger than `MAX_FILE_BYTES`.
    #[error("{file}: {bytes} bytes are more than the {limit} a properties file may have", limit = MAX_FILE_BYTES)]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: usize,
    },
    /// `\u` is not followed by four hexadecimal digits that mean a character.
    #[error("{file}:{line}: `\\u` needs four hexadecimal digits that mean a character")]
    Unicode {
        /// The file.
        file: String,
        /// The line.
        line: usize,
    },
}

impl Properties {
    /// Reads a file's bytes; `file` is its name in errors and warnings.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Properties, PropertiesError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(PropertiesError::TooLarge { file: file.to_owned(), bytes: bytes.len() });
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
        };
        let mut properties = Vec::new();
        for (line, logical) in logical_lines(&text) {
            let (key, value) = split(&logical);
            let unescape =
                |part| unescaped(part).ok_or_else(|| PropertiesError::Unicode { file: file.to_owned(), line });
            properties.push(Property { key: unescape(key)?, value: unescape(value)?, line });
        }
        Ok(Properties { file: file.to_owned(), properties })
    }

    /// Every setting, in the file's order, duplicates included.
    pub fn all(&self) -> &[Property] {
        &self.properties
    }

    /// The settings that count, one for each key: of duplicates the last one. And a warning for each key that has some.
    pub fn effective(&self) -> (Vec<(String, String)>, Vec<Warning>) {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut repeated: BTreeMap<&str, usize> = BTreeMap::new();
        for property in &self.properties {
            if let Some(place) = places.get(property.key.as_str()) {
                pairs[*place].1.clone_from(&property.value);
                repeated.insert(&property.key, property.line);
            } else {
                places.insert(&property.key, pairs.len());
                pairs.push((property.key.clone(), property.value.clone()));
            }
        }
        let warning =
            |(key, line): (&str, usize)| Warning::Duplicate { key: key.to_owned(), file: self.file.clone(), line };
        let warnings = repeated.into_iter().map(warning).collect();
        (pairs, warnings)
    }

    /// The text of a file with these settings, one a line, that reads back as the same.
    pub fn write(pairs: &[(String, String)]) -> String {
        let mut text = String::new();
        for (key, value) in pairs {
            escape(key, true, &mut text);
            text.push('=');
            escape(value, false, &mut text);
            text.push('\n');
        }
        text
    }
}

/// Lines with their continuations joined, without blank ones and comments; with the number of their first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, natural) in text.split('\n').enumerate() {
        let natural = natural.trim_start_matches(is_space);
        if open.is_none() && (natural.is_empty() || natural.starts_with(['#', '!'])) {
            continue;
        }
        let (line, mut logical) = open.take().unwrap_or((index + 1, String::new()));
        let backslashes = natural.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 1 {
            logical.push_str(&natural[..natural.len() - 1]);
            open = Some((line, logical));
        } else {
            logical.push_str(natural);
            lines.push((line, logical));
        }
    }
    lines.extend(open);
    lines.retain(|(_, logical)| !logical.is_empty());
    lines
}

/// Key and value, still escaped: the key ends at the first separator that is not escaped.
fn split(logical: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = logical.char_indices().find(|(_, character)| {
        if escaped {
            escaped = false;
            return false;
        }
        escaped = *character == '\\';
        is_space(*character) || matches!(*character, '=' | ':')
    });
    let Some((end, _)) = end else {
        return (logical, "");
    };
    let rest = logical[end..].trim_start_matches(is_space);
    let value = rest.strip_prefix(['=', ':']).map_or(rest, |value| value.trim_start_matches(is_space));
    (&logical[..end], value)
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c')
}

fn unescaped(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => result.push('\t'),
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('f') => result.push('\x0c'),
            Some('u') => result.push(unicode(&mut characters)?),
            Some(other) => result.push(other),
            None => {}
        }
    }
    Some(result)
}

/// The character after `\u`; one outside the basic plane is written as two surrogates.
fn unicode(characters: &mut std::str::Chars<'_>) -> Option<char> {
    let first = code_unit(characters)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first.into());
    }
    if characters.next()? != '\\' || characters.next()? != 'u' {
        return None;
    }
    let second = code_unit(characters)?;
    char::decode_utf16([first, second]).next()?.ok()
}

fn code_unit(characters: &mut std::str::Chars<'_>) -> Option<u16> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit * 16 + u16::try_from(characters.next()?.to_digit(16)?).ok()?;
    }
    Some(unit)
}

fn escape(text: &str, is_key: bool, to: &mut String) {
    for (index, character) in text.char_indices() {
        match character {
            '\\' => to.push_str("\\\\"),
            '\t' => to.push_str("\\t"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\x0c' => to.push_str("\\f"),
            ' ' if is_key || index == 0 => to.push_str("\\ "),
            '=' | ':' | '#' | '!' if is_key => {
                to.push('\\');
                to.push(character);
            }
            ' '..='~' => to.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    to.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        Properties::parse("server.properties", text.as_bytes()).unwrap().effective().0
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn every_separator_ends_a_key() {
        let text = "a=1\nb:2\nc 3\nd = 4\ne\t:\t5\nf";
        let expected = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5"), ("f", "")];
        assert_eq!(read(text), expected.map(|(key, value)| pair(key, value)));
    }

    #[test]
    fn only_the_first_separator_counts() {
        assert_eq!(read("listeners=PLAINTEXT://:9092"), [pair("listeners", "PLAINTEXT://:9092")]);
        assert_eq!(read("a==b"), [pair("a", "=b")]);
    }

    #[test]
    fn comments_and_blank_lines_are_passed_over() {
        assert_eq!(read("# a=1\n\n  ! b=2\n \t\r\nc=3 # part of the value\r\n"), [pair("c", "3 # part of the value")]);
    }

    #[test]
    fn a_backslash_at_the_end_continues_the_line() {
        assert_eq!(read("a=1,\\\n   2,\\\r\n\t3\nb=4"), [pair("a", "1,2,3"), pair("b", "4")]);
        assert_eq!(read("a=1\\\\\nb=2"), [pair("a", "1\\"), pair("b", "2")]);
        assert_eq!(read("a=1\\\n#2"), [pair("a", "1#2")]);
        assert_eq!(read("a=1\\"), [pair("a", "1")]);
        assert!(read("\\\n\n").is_empty());
    }

    #[test]
    fn escapes_are_resolved_in_keys_and_values() {
        assert_eq!(read(r"a\ b\=c=\t\n\\x\q"), [pair("a b=c", "\t\n\\xq")]);
        assert_eq!(read(r"a=\u00e9\ud83d\ude00"), [pair("a", "é😀")]);
    }

    #[test]
    fn a_broken_unicode_escape_names_file_and_line() {
        for value in [r"\u12", r"\u12g4", r"\ud83d", r"\ud83dx", r"\udc00", r"\ud83d\u0041"] {
            let error = Properties::parse("server.properties", format!("a=1\nb={value}").as_bytes()).unwrap_err();
            assert_eq!(error, PropertiesError::Unicode { file: "server.properties".to_owned(), line: 2 }, "{value}");
            assert!(error.to_string().starts_with("server.properties:2: "));
        }
    }

    #[test]
    fn of_duplicates_the_last_one_counts_and_is_told() {
        let properties = Properties::parse("f", b"a=1\nb=2\na=3\na=4").unwrap();
        let (pairs, warnings) = properties.effective();
        assert_eq!(pairs, [pair("a", "4"), pair("b", "2")]);
        assert_eq!(warnings, [Warning::Duplicate { key: "a".to_owned(), file: "f".to_owned(), line: 4 }]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_read_as_latin_1() {
        let properties = Properties::parse("f", b"a=\xe9").unwrap();
        assert_eq!(properties.all()[0].value, "é");
        assert_eq!(read("a=é"), [pair("a", "é")]);
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let bytes = vec![b'#'; MAX_FILE_BYTES + 1];
        assert!(matches!(Properties::parse("f", &bytes), Err(PropertiesError::TooLarge { .. })));
        assert!(Properties::parse("f", &bytes[1..]).is_ok());
    }

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let pairs = [
            pair("a", ""),
            pair("key with = : # ! \\", "  leading, and = : # ! \\"),
            pair("é😀", "line\nbreak\ttab\x0c\r"),
            pair("#c", "!d"),
            pair("e", "ends with \\"),
        ];
        let text = Properties::write(&pairs);
        assert!(text.is_ascii());
        assert_eq!(read(&text), pairs);
    }
}
