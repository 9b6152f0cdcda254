//! How a struct is read and written: one generic call a field, under the condition that the version carries it.

use std::fmt::{self, Write};

use crate::emit_message::{Member, Shape};
use crate::emit_struct::{default_of, is_default};

pub(crate) fn emit_codec(out: &mut String, shape: &Shape<'_>) -> fmt::Result {
    writeln!(out, "impl g::Writable for {} {{", shape.name)?;
    emit_write(out, shape)?;
    writeln!(out, "}}\nimpl g::Value for {} {{", shape.name)?;
    emit_minimum_size(out, shape)?;
    emit_read(out, shape)?;
    writeln!(out, "}}")
}

fn emit_minimum_size(out: &mut String, shape: &Shape<'_>) -> fmt::Result {
    writeln!(out, "fn minimum_size(v: i16, _: bool) -> usize {{")?;
    match shape.sizes.as_slice() {
        [] => writeln!(out, "0")?,
        [(_, size)] => writeln!(out, "{size}")?,
        [runs @ .., (_, last)] => {
            writeln!(out, "match v {{")?;
            for (versions, size) in runs {
                writeln!(out, "..={} => {size},", versions.last)?;
            }
            writeln!(out, "_ => {last},\n}}")?;
        }
    }
    writeln!(out, "}}")
}

fn emit_read(out: &mut String, shape: &Shape<'_>) -> fmt::Result {
    let tagged: Vec<&Member<'_>> = shape.fields.iter().filter(|member| member.field.tag.is_some()).collect();
    let binding = if tagged.is_empty() { "Ok(" } else { "let mut value = " };
    writeln!(out, "fn read(r: &mut g::Reader, v: i16) -> g::Result<Self, g::DecodeError> {{\n{binding}Self {{")?;
    for member in &shape.fields {
        let default = default_of(member.field);
        let expression = if member.field.tag.is_some() {
            default
        } else {
            match shape.condition(member.field.versions) {
                None => get(member, shape),
                Some(condition) => format!("if {condition} {{ {} }} else {{ {default} }}", get(member, shape)),
            }
        };
        writeln!(out, "{}: {expression},", member.name)?;
    }
    if tagged.is_empty() {
        if shape.is_flexible() {
            writeln!(out, "unknown_tags: r.unknown_tags()?,")?;
        }
        return writeln!(out, "}})\n}}");
    }
    writeln!(out, "unknown_tags: Default::default(),\n}};")?;
    writeln!(out, "value.unknown_tags = r.tagged_fields(&mut |tag, r| {{\nmatch tag {{")?;
    for member in tagged {
        let number = member.field.tag.map_or(0, |(number, _)| number);
        let guard =
            shape.condition(member.field.versions).map_or(String::new(), |condition| format!(" if {condition}"));
        writeln!(out, "{number}{guard} => value.{} = {},", member.name, get(member, shape))?;
    }
    writeln!(out, "_ => return Ok(false),\n}}\nOk(true)\n}})?;\nOk(value)\n}}")
}

fn get(member: &Member<'_>, shape: &Shape<'_>) -> String {
    let field = member.field;
    let call = match field {
        field if field.never_compact => "get_plain",
        field if field.is_nullable_tagged_struct() => "get_tagged_struct",
        _ => "get",
    };
    match shape.condition(field.nullable.and(field.versions)) {
        _ if !field.is_option() => format!("r.{call}(v)?"),
        _ if field.nullable == field.versions => format!("r.{call}(v)?"),
        condition => format!("r.get_nullable({}, v)?", condition.unwrap_or_else(|| "true".to_owned())),
    }
}

fn emit_write(out: &mut String, shape: &Shape<'_>) -> fmt::Result {
    writeln!(out, "fn write(&self, w: &mut g::Writer, v: i16) -> g::Result<(), g::EncodeError> {{")?;
    for member in &shape.fields {
        let field = member.field;
        let condition = shape.condition(field.versions);
        let absent = (!field.ignorable).then(|| format!("g::absent({}, {:?}, v)?;", is_default(member), field.name));
        match (field.tag, condition, absent) {
            (None, None, _) => writeln!(out, "{}", put(member, shape))?,
            (None, Some(condition), Some(absent)) => {
                writeln!(out, "if {condition} {{ {} }} else {{ {absent} }}", put(member, shape))?;
            }
            (None, Some(condition), None) => writeln!(out, "if {condition} {{ {} }}", put(member, shape))?,
            (Some(_), Some(condition), Some(absent)) => writeln!(out, "if !({condition}) {{ {absent} }}")?,
            (Some(_), _, _) => {}
        }
    }
    if !shape.is_flexible() {
        return writeln!(out, "Ok(())\n}}");
    }
    writeln!(out, "w.tagged_fields(v, &[")?;
    let mut tagged: Vec<&Member<'_>> = shape.fields.iter().filter(|member| member.field.tag.is_some()).collect();
    tagged.sort_by_key(|member| member.field.tag.map(|(number, _)| number));
    for member in tagged {
        let number = member.field.tag.map_or(0, |(number, _)| number);
        let carried =
            shape.condition(member.field.versions).map_or(String::new(), |condition| format!("{condition} && "));
        let present = if member.field.always { "true".to_owned() } else { format!("!({})", is_default(member)) };
        let value = match member.field.is_nullable_tagged_struct() {
            true => format!("&g::TaggedStruct(&self.{})", member.name),
            false => format!("&self.{}", member.name),
        };
        writeln!(out, "({number}, {carried}{present}, {value}),")?;
    }
    writeln!(out, "], &self.unknown_tags)\n}}")
}

fn put(member: &Member<'_>, shape: &Shape<'_>) -> String {
    let field = member.field;
    let name = &member.name;
    let call = if field.never_compact { "put_plain" } else { "put" };
    match shape.condition(field.nullable.and(field.versions)) {
        _ if !field.is_option() => format!("w.{call}(&self.{name}, v)?;"),
        _ if field.nullable == field.versions => format!("w.{call}(&self.{name}, v)?;"),
        condition => {
            let condition = condition.unwrap_or_else(|| "true".to_owned());
            format!("w.put_nullable({condition}, &self.{name}, {:?}, v)?;", field.name)
        }
    }
}
