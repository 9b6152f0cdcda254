//! An enum over numbered messages: all metadata records, all keys of a coordinator's log, all its values.

use std::fmt::{self, Write};

use crate::Target;
use crate::model::Message;
use crate::naming::snake_case;

/// What the enum is to be.
#[derive(Clone, Debug)]
pub struct Union<'a> {
    /// The enum's name.
    pub name: &'a str,
    /// Its documentation, one sentence.
    pub words: &'a str,
    /// The ending of the messages' names that the variants go without.
    pub suffix: &'a str,
    /// The trait that gives each message its number, as a path.
    pub numbered: &'a str,
    /// Has it a variant `Unknown` for numbers that the schema does not have?
    pub with_unknown: bool,
}

/// Source of the enum over these messages.
pub fn emit_union(union: &Union<'_>, messages: &[&Message], target: &Target) -> Result<String, String> {
    let mut out = String::new();
    emit(&mut out, union, messages, target).map_err(|error| error.to_string())?;
    Ok(out)
}

fn emit(out: &mut String, union: &Union<'_>, messages: &[&Message], target: &Target) -> fmt::Result {
    let (name, runtime, numbered) = (union.name, &target.runtime, union.numbered);
    let variant = |message: &&Message| message.name.strip_suffix(union.suffix).unwrap_or(&message.name).to_owned();
    let each = |line: &dyn Fn(&str, &str, i16) -> String| -> String {
        let lines = messages.iter().map(|message| {
            let path = format!("{}::{}", snake_case(&message.name), message.name);
            line(&variant(message), &path, message.number.unwrap_or(-1))
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let unknown = |line: String| if union.with_unknown { line } else { String::new() };
    writeln!(
        out,
        "/// {words}\n#[derive(Debug, Clone, PartialEq)]\n#[allow(clippy::large_enum_variant)]\npub enum {name} {{\n{variants}\n{}}}",
        unknown("/// A number that the schema does not have.\nUnknown(i16),\n".to_owned()),
        words = union.words,
        variants = each(&|variant, path, number| format!("/// Number {number}.\n{variant}({path}),")),
    )?;
    writeln!(
        out,
        "impl {name} {{\n\
         /// The number that stands for the kind of record.\n\
         pub const fn number(&self) -> i16 {{\nmatch self {{\n{numbers}\n{unknown_number}}}\n}}\n\
         /// The record's name.\n\
         pub const fn name(&self) -> &'static str {{\nmatch self {{\n{names}\n{unknown_name}}}\n}}\n\
         /// The versions that the record has; `None` for an unknown number.\n\
         pub fn versions_of(number: i16) -> Option<::core::ops::RangeInclusive<i16>> {{\nSome(match number {{\n{versions}\n_ => return None,\n}})\n}}\n\
         /// Reads the fields of the record with this number; `None` for an unknown number.\n\
         pub fn read(number: i16, r: &mut {runtime}::Reader, v: i16) -> {runtime}::Result<Option<Self>, {runtime}::DecodeError> {{\n\
         Ok(Some(match number {{\n{reads}\n_ => return Ok(None),\n}}))\n}}\n\
         /// Writes the fields.\n\
         pub fn write(&self, w: &mut {runtime}::Writer, v: i16) -> {runtime}::Result<(), {runtime}::EncodeError> {{\nmatch self {{\n{writes}\n{unknown_write}}}\n}}\n\
         }}",
        unknown_number = unknown(format!("{name}::Unknown(number) => *number,\n")),
        unknown_name = unknown(format!("{name}::Unknown(_) => \"unknown record\",\n")),
        unknown_write = unknown(format!(
            "{name}::Unknown(_) => Err({runtime}::EncodeError::UnsupportedVersion {{ message: self.name(), version: v }}),\n"
        )),
        numbers = each(&|variant, _, number| format!("{name}::{variant}(_) => {number},")),
        names = each(&|variant, path, _| format!("{name}::{variant}(_) => <{path} as {runtime}::Message>::NAME,")),
        versions = each(&|_, path, number| format!("{number} => <{path} as {runtime}::Message>::VERSIONS,")),
        reads = each(&|variant, path, number| format!(
            "{number} => {name}::{variant}({runtime}::decode::<{path}>(r, v)?),"
        )),
        writes = each(&|variant, _, _| format!("{name}::{variant}(record) => {runtime}::encode(record, w, v),")),
    )?;
    writeln!(
        out,
        "{}",
        each(&|variant, path, number| format!(
            "impl From<{path}> for {name} {{\nfn from(record: {path}) -> Self {{\n{name}::{variant}(record)\n}}\n}}\n\
             impl {numbered} for {path} {{\nconst NUMBER: i16 = {number};\n}}"
        ))
    )?;
    writeln!(
        out,
        "#[cfg(any(test, feature = \"arbitrary\"))]\nimpl {name} {{\n\
         /// One made-up record of every kind.\n\
         pub fn samples(s: &mut {runtime}::Sampler, version: &dyn Fn(::core::ops::RangeInclusive<i16>) -> i16) -> Vec<(Self, i16)> {{\nvec![\n{}\n]\n}}\n}}",
        each(&|variant, path, _| format!(
            "{{ let v = version(<{path} as {runtime}::Message>::VERSIONS); ({name}::{variant}(s.value(v)), v) }},"
        ))
    )
}
