//! One module per message: its structs, their codec, their sample values; and the re-exports at the crate's root.

use std::fmt::Write;

use crate::Target;
use crate::emit_codec::emit_codec;
use crate::emit_struct::{emit_sample, emit_struct};
use crate::model::{Field, Message, Type, Versions};
use crate::naming::{StructNames, snake_case};
use crate::size::minimum_sizes;

/// A struct that is to be emitted: the message itself or one nested in it.
pub(crate) struct Shape<'a> {
    pub message: &'a Message,
    pub name: String,
    pub versions: Versions,
    pub fields: Vec<Member<'a>>,
    pub sizes: Vec<(Versions, usize)>,
}

/// A field together with the Rust names it needs.
pub(crate) struct Member<'a> {
    pub field: &'a Field,
    /// The field's name in Rust.
    pub name: String,
    /// The nested struct's name, where the field holds structs.
    pub holds: String,
}

impl Shape<'_> {
    /// Can any version carry tagged fields?
    pub fn is_flexible(&self) -> bool {
        !self.message.flexible.is_empty()
    }

    /// The condition under which the version at hand is in the set; `None` where it always is.
    pub fn condition(&self, versions: Versions) -> Option<String> {
        let own = self.versions;
        let versions = versions.and(own);
        if versions.is_empty() {
            Some("false".to_owned())
        } else if versions.covers(own) {
            None
        } else if versions.first == versions.last {
            Some(format!("v == {}", versions.first))
        } else if versions.first <= own.first {
            Some(format!("v <= {}", versions.last))
        } else if versions.last >= own.last {
            Some(format!("v >= {}", versions.first))
        } else {
            Some(format!("({}..={}).contains(&v)", versions.first, versions.last))
        }
    }
}

/// Source with a module for each message and the re-exports of their structs.
pub fn emit_messages<'a>(messages: impl IntoIterator<Item = &'a Message>, target: &Target) -> Result<String, String> {
    let mut out = String::new();
    let mut probes = String::new();
    for message in messages {
        let module = snake_case(&message.name);
        emit_module(&mut out, message, &module, target).map_err(|_| format!("{}: not written", message.name))?;
        check(message, &message.fields)?;
        let _ = writeln!(out, "pub use {module}::{};", message.name);
        let _ = writeln!(probes, "    g::Probe::of::<{module}::{}>(),", message.name);
    }
    let _ = write!(
        out,
        "/// Every message, for tests that walk over all of them.\n\
         #[cfg(any(test, feature = \"arbitrary\"))]\n\
         pub mod probes {{\n    use super::*;\n    use {runtime} as g;\n\
         /// One probe per message.\n\
         pub static ALL: &[g::Probe] = &[\n{probes}];\n}}\n",
        runtime = target.runtime,
    );
    Ok(out)
}

/// What the emitted code relies on.
fn check(message: &Message, fields: &[Field]) -> Result<(), String> {
    for field in fields {
        let place = format!("{}.{}", message.name, field.name);
        if field.tag.is_some_and(|(_, versions)| versions != field.versions) {
            return Err(format!("{place}: tagged in only some of its versions"));
        }
        let many = matches!(&field.kind, Type::Array(element) if **element == Type::Struct);
        if many && minimum_sizes(message, &field.children, field.versions).iter().any(|(_, size)| *size == 0) {
            return Err(format!("{place}: elements that take no bytes"));
        }
        let twin =
            |other: &Field| other.name == field.name || (other.tag.is_some() && tag_number(other) == tag_number(field));
        if fields.iter().filter(|other| twin(other)).count() > 1 {
            return Err(format!("{place}: its name or tag is taken"));
        }
        check(message, &field.children)?;
    }
    Ok(())
}

fn tag_number(field: &Field) -> Option<u32> {
    field.tag.map(|(number, _)| number)
}

fn emit_module(out: &mut String, message: &Message, module: &str, target: &Target) -> std::fmt::Result {
    let name = &message.name;
    writeln!(out, "/// `{name}` and the structs nested in it.")?;
    writeln!(out, "#[allow(unused_variables)]")?;
    writeln!(out, "pub mod {module} {{\n    use {} as g;", target.runtime)?;
    let mut shapes = Vec::new();
    let mut names = StructNames::of(message);
    collect(message, name.clone(), &message.fields, message.versions, &mut names, &mut shapes);
    for shape in &shapes {
        emit_struct(out, shape)?;
        emit_codec(out, shape)?;
        emit_sample(out, shape)?;
    }
    let flexible =
        if message.flexible.is_empty() { "None".to_owned() } else { format!("Some({})", message.flexible.first) };
    let Versions { first, last } = message.versions;
    writeln!(
        out,
        "impl g::Message for {name} {{\nconst NAME: &'static str = \"{name}\";\n\
         const VERSIONS: ::core::ops::RangeInclusive<i16> = {first}..={last};\n\
         const FLEXIBLE_SINCE: Option<i16> = {flexible};\n}}\n}}"
    )
}

fn collect<'a>(
    message: &'a Message,
    name: String,
    fields: &'a [Field],
    versions: Versions,
    names: &mut StructNames,
    shapes: &mut Vec<Shape<'a>>,
) {
    let place = shapes.len();
    let sizes = minimum_sizes(message, fields, versions);
    shapes.push(Shape { message, name, versions, fields: Vec::new(), sizes });
    for field in fields {
        let holds = if field.holds_struct() { names.take() } else { String::new() };
        if field.holds_struct() {
            collect(message, holds.clone(), &field.children, field.versions, names, shapes);
        }
        shapes[place].fields.push(Member { field, name: snake_case(&field.name), holds });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    fn emitted(fields: &str) -> Result<String, String> {
        let table = format!("1 XRequest versions 0-3 flexible 2+\n{fields}");
        let sections = parse(&table).map_err(|error| error.to_string())?;
        emit_messages(&sections[0].messages, &Target { runtime: "crate::codec".to_owned() })
    }

    #[test]
    fn a_field_is_read_and_written_under_its_condition() {
        let source = emitted("  Old int8 0-1\n  New int8 1-2 default -1; ignorable\n").expect("emitted");
        assert!(source.contains("old: if v <= 1 { r.get(v)? } else { 0 },"), "{source}");
        assert!(source.contains("if v <= 1 { w.put(&self.old, v)?; } else { g::absent(self.old == 0, \"Old\", v)?; }"));
        assert!(source.contains("new: if (1..=2).contains(&v) { r.get(v)? } else { -1 },"));
        assert!(source.contains("if (1..=2).contains(&v) { w.put(&self.new, v)?; }\n"));
    }

    #[test]
    fn the_smallest_size_follows_the_version() {
        let source = emitted("  A string 0+\n  B string 1+\n").expect("emitted");
        assert!(source.contains("match v {\n..=0 => 2,\n..=1 => 4,\n_ => 3,\n}"), "{source}");
    }

    #[test]
    fn tables_that_cannot_be_emitted_are_refused() {
        for (fields, reason) in [
            ("  A int8 0+ tag 0 2+\n", "tagged in only some"),
            ("  A []{} 0+\n    B int8 3+\n", "elements that take no bytes"),
            ("  A int8 0+\n  A int8 0+\n", "is taken"),
            ("  A int8 2+ tag 0 2+\n  B int8 2+ tag 0 2+\n", "is taken"),
        ] {
            let error = emitted(fields).expect_err(fields);
            assert!(error.contains(reason), "{fields}: {error}");
        }
    }
}
