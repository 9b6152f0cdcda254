//! The table of APIs: the enum of their keys, which request belongs to which response, and one door to decode any request.

use std::fmt::{self, Write};

use crate::Target;
use crate::model::{Kind, Message};
use crate::naming::snake_case;

/// Source of `ApiKey`, its rows, the `Request` impls and `decode_any_request`; it stands beside the messages' modules.
pub fn emit_apis(messages: &[Message], target: &Target) -> Result<String, String> {
    let mut pairs = Vec::new();
    for request in messages.iter().filter(|message| message.kind == Kind::Request) {
        let answers = |message: &&Message| message.kind == Kind::Response && message.number == request.number;
        let response = messages.iter().find(answers).ok_or_else(|| format!("{} has no response", request.name))?;
        if response.flexible.first != request.flexible.first || response.versions != request.versions {
            return Err(format!("{} and its response differ in versions", request.name));
        }
        let code = request.number.ok_or_else(|| format!("{} has no API key", request.name))?;
        let name = request.name.strip_suffix("Request").unwrap_or(&request.name);
        pairs.push(Api { code, name, request, response });
    }
    let mut out = String::new();
    emit(&mut out, &pairs, target).map_err(|error| error.to_string())?;
    Ok(out)
}

struct Api<'a> {
    code: i16,
    name: &'a str,
    request: &'a Message,
    response: &'a Message,
}

fn emit(out: &mut String, apis: &[Api<'_>], target: &Target) -> fmt::Result {
    let runtime = &target.runtime;
    writeln!(out, "/// What a request asks for; the number stands at the beginning of every request.")?;
    writeln!(
        out,
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\n#[repr(i16)]\npub enum ApiKey {{"
    )?;
    for api in apis {
        writeln!(out, "    /// `{}`.\n    {} = {},", api.request.name, api.name, api.code)?;
    }
    writeln!(out, "}}\nimpl ApiKey {{\n    /// Every API, in the order of the numbers.")?;
    writeln!(out, "    pub const ALL: &'static [ApiKey] = &[")?;
    for api in apis {
        writeln!(out, "        ApiKey::{},", api.name)?;
    }
    writeln!(
        out,
        "    ];\n    /// The API with this number.\n    pub const fn from_code(code: i16) -> Option<ApiKey> {{"
    )?;
    writeln!(out, "        Some(match code {{")?;
    for api in apis {
        writeln!(out, "            {} => ApiKey::{},", api.code, api.name)?;
    }
    writeln!(out, "            _ => return None,\n        }})\n    }}")?;
    writeln!(out, "    pub(crate) const fn row(self) -> &'static {runtime}::ApiRow {{\n        match self {{")?;
    for api in apis {
        let message = api.request;
        let on = |listener: &str| message.listeners.iter().any(|name| name == listener);
        let flexible =
            if message.flexible.is_empty() { "None".to_owned() } else { format!("Some({})", message.flexible.first) };
        writeln!(
            out,
            "            ApiKey::{name} => &{runtime}::ApiRow {{ name: \"{name}\", first: {}, last: {}, latest_unstable: {}, \
             flexible_since: {flexible}, on_broker: {}, on_controller: {} }},",
            message.versions.first,
            message.versions.last,
            message.latest_unstable,
            on("broker"),
            on("controller"),
            name = api.name,
        )?;
    }
    writeln!(out, "        }}\n    }}\n}}")?;
    for api in apis {
        writeln!(
            out,
            "impl {runtime}::Request for {} {{\n    type Response = {};\n    const API: ApiKey = ApiKey::{};\n}}",
            path(api.request),
            path(api.response),
            api.name
        )?;
    }
    writeln!(out, "/// Decodes the body of any request and drops it: what a fuzzer or a proxy needs.")?;
    writeln!(
        out,
        "pub fn decode_any_request(api: ApiKey, version: i16, body: {runtime}::Bytes) -> {runtime}::Result<(), {runtime}::DecodeError> {{"
    )?;
    writeln!(out, "    match api {{")?;
    for api in apis {
        writeln!(
            out,
            "        ApiKey::{} => {runtime}::decode_and_drop::<{}>(body, version),",
            api.name,
            path(api.request)
        )?;
    }
    writeln!(out, "    }}\n}}")
}

fn path(message: &Message) -> String {
    format!("{}::{}", snake_case(&message.name), message.name)
}
