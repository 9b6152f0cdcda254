//! A struct as Rust declares it: fields with their types and words, the schema's defaults, and sample values for tests.

use std::fmt::{self, Write};

use crate::emit_message::{Member, Shape};
use crate::model::{Field, Type, Versions};

pub(crate) fn emit_struct(out: &mut String, shape: &Shape<'_>) -> fmt::Result {
    let name = &shape.name;
    let plain = shape.fields.iter().all(|member| has_natural_default(member.field));
    writeln!(out, "/// `{name}`, versions {}.", words(shape.versions, shape))?;
    writeln!(out, "#[derive(Debug, Clone, PartialEq{})]", if plain { ", Default" } else { "" })?;
    writeln!(out, "pub struct {name} {{")?;
    for member in &shape.fields {
        writeln!(out, "    /// {}\n    pub {}: {},", field_words(member, shape), member.name, type_of(member))?;
    }
    if shape.is_flexible() {
        writeln!(out, "    /// Tagged fields that this schema does not know, kept and written back.")?;
        writeln!(out, "    pub unknown_tags: g::UnknownTags,")?;
    }
    writeln!(out, "}}")?;
    if !plain {
        writeln!(out, "impl Default for {name} {{\n    fn default() -> Self {{\n        Self {{")?;
        for member in &shape.fields {
            writeln!(out, "            {}: {},", member.name, default_of(member.field))?;
        }
        if shape.is_flexible() {
            writeln!(out, "            unknown_tags: Default::default(),")?;
        }
        writeln!(out, "        }}\n    }}\n}}")?;
    }
    Ok(())
}

/// How a test fills the struct: every field that the version has, and nothing else.
pub(crate) fn emit_sample(out: &mut String, shape: &Shape<'_>) -> fmt::Result {
    writeln!(
        out,
        "#[cfg(any(test, feature = \"arbitrary\"))]\nimpl g::Sample for {} {{\n\
         fn sample(s: &mut g::Sampler, v: i16) -> Self {{\nSelf {{",
        shape.name
    )?;
    for member in &shape.fields {
        let field = member.field;
        let value = if field.is_option() {
            format!("s.nullable({}, v)", shape.condition(field.nullable).unwrap_or_else(|| "true".to_owned()))
        } else {
            "s.value(v)".to_owned()
        };
        let coin = field.tag.map(|_| "s.coin()".to_owned());
        let conditions: Vec<String> = shape.condition(field.versions).into_iter().chain(coin).collect();
        let value = if conditions.is_empty() {
            value
        } else {
            format!("if {} {{ {value} }} else {{ {} }}", conditions.join(" && "), default_of(field))
        };
        writeln!(out, "{}: {value},", member.name)?;
    }
    if shape.is_flexible() {
        let flexible = shape.condition(shape.message.flexible).unwrap_or_else(|| "true".to_owned());
        writeln!(out, "unknown_tags: s.unknown_tags({flexible}),")?;
    }
    writeln!(out, "}}\n}}\n}}")
}

fn words(versions: Versions, shape: &Shape<'_>) -> String {
    if versions.first == versions.last {
        versions.first.to_string()
    } else if versions.last >= shape.message.versions.last {
        format!("{}+", versions.first)
    } else {
        format!("{}-{}", versions.first, versions.last)
    }
}

fn field_words(member: &Member<'_>, shape: &Shape<'_>) -> String {
    let field = member.field;
    let mut text = format!("`{}`, versions {}", field.name, words(field.versions, shape));
    if !field.nullable.is_empty() {
        text += &format!("; may be null in {}", words(field.nullable, shape));
    }
    if let Some((number, _)) = field.tag {
        text += &format!("; tag {number}");
    }
    if let Some(default) = field.default.as_ref().filter(|default| !default.is_empty()) {
        text += &format!("; default {}", default.to_ascii_lowercase());
    }
    text + "."
}

fn type_of(member: &Member<'_>) -> String {
    let inner = type_name(&member.field.kind, &member.holds);
    if member.field.is_option() { format!("Option<{inner}>") } else { inner }
}

fn type_name(kind: &Type, holds: &str) -> String {
    match kind {
        Type::Bool => "bool".to_owned(),
        Type::Int8 => "i8".to_owned(),
        Type::Int16 => "i16".to_owned(),
        Type::Uint16 => "u16".to_owned(),
        Type::Int32 => "i32".to_owned(),
        Type::Uint32 => "u32".to_owned(),
        Type::Int64 => "i64".to_owned(),
        Type::Float64 => "f64".to_owned(),
        Type::String => "g::Str".to_owned(),
        Type::Bytes => "g::Bytes".to_owned(),
        Type::Records => "g::Records".to_owned(),
        Type::Uuid => "g::Uuid".to_owned(),
        Type::Struct => holds.to_owned(),
        Type::Array(element) => format!("Vec<{}>", type_name(element, holds)),
    }
}

fn is_null(default: &str) -> bool {
    default == "null"
}

/// Is the default what Rust gives by itself?
fn has_natural_default(field: &Field) -> bool {
    matches!(
        default_of(field).as_str(),
        "None"
            | "0"
            | "0.0"
            | "false"
            | "Vec::new()"
            | "g::Str::EMPTY"
            | "g::Bytes::new()"
            | "g::Uuid::ZERO"
            | "Default::default()"
    )
}

/// The field's default as an expression.
pub(crate) fn default_of(field: &Field) -> String {
    let default = field.default.as_deref().unwrap_or("");
    if is_null(default) || (field.kind == Type::Records && !field.nullable.is_empty()) {
        return "None".to_owned();
    }
    let inner = match &field.kind {
        Type::Bool => default.eq_ignore_ascii_case("true").to_string(),
        Type::Float64 => {
            if default.is_empty() {
                "0.0".to_owned()
            } else {
                format!("{default}f64")
            }
        }
        Type::String if default.is_empty() => "g::Str::EMPTY".to_owned(),
        Type::String => format!("g::Str::from_static({default:?})"),
        Type::Bytes => "g::Bytes::new()".to_owned(),
        Type::Records => "g::Records::default()".to_owned(),
        Type::Uuid => "g::Uuid::ZERO".to_owned(),
        Type::Struct => "Default::default()".to_owned(),
        Type::Array(_) => "Vec::new()".to_owned(),
        _ if default.is_empty() => "0".to_owned(),
        _ => default.to_owned(),
    };
    if field.is_option() { format!("Some({inner})") } else { inner }
}

/// The condition under which the field has its default.
pub(crate) fn is_default(member: &Member<'_>) -> String {
    let field = member.field;
    let name = format!("self.{}", member.name);
    match default_of(field).as_str() {
        "None" => format!("{name}.is_none()"),
        "true" => name,
        "false" => format!("!{name}"),
        "Vec::new()" | "g::Str::EMPTY" | "g::Bytes::new()" => format!("{name}.is_empty()"),
        default if default.starts_with("g::Str::from_static") => {
            format!("{name}.as_str() == {:?}", field.default.as_deref().unwrap_or(""))
        }
        "Default::default()" => format!("{name} == {}::default()", member.holds),
        default => format!("{name} == {default}"),
    }
}
