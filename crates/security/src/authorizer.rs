//! The authorizer: allowed or denied.

use std::net::IpAddr;

use crate::{Operation, Principal, Resource, ResourceType};

/// Decides what a principal may do.
#[derive(Clone, Debug, Default)]
pub enum Authorizer {
    /// Everybody may do everything: no authorizer is configured.
    #[default]
    AllowEveryone,
    /// Only what a rule allows.
    Rules(Vec<Rule>),
}

/// Allows one operation on one resource to one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The user's name.
    pub user: String,
    /// What is allowed.
    pub operation: Operation,
    /// On which kind of resource.
    pub kind: ResourceType,
    /// Of which name; `*` is every name.
    pub name: String,
}

impl Authorizer {
    /// May `principal`, who comes from `host`, do `operation` to `resource`?
    pub fn allows(&self, principal: &Principal, _host: IpAddr, operation: Operation, resource: Resource<'_>) -> bool {
        match self {
            Authorizer::AllowEveryone => true,
            Authorizer::Rules(rules) => rules.iter().any(|rule| {
                rule.user == principal.name()
                    && rule.kind == resource.kind
                    && (rule.name == "*" || rule.name == resource.name)
                    && implies(rule.operation, operation)
            }),
        }
    }

    /// The operations that `principal` may do to `resource`, as the bits that answers carry.
    pub fn allowed_bits(&self, principal: &Principal, host: IpAddr, resource: Resource<'_>) -> i32 {
        let allowed = resource.kind.operations().iter().filter(|&&op| self.allows(principal, host, op, resource));
        allowed.fold(0, |bits, operation| bits | operation.bit())
    }

    /// May `principal` do `operation` to at least one resource of this kind?
    pub fn allows_any(&self, principal: &Principal, _host: IpAddr, operation: Operation, kind: ResourceType) -> bool {
        match self {
            Authorizer::AllowEveryone => true,
            Authorizer::Rules(rules) => rules
                .iter()
                .any(|rule| rule.user == principal.name() && rule.kind == kind && implies(rule.operation, operation)),
        }
    }
}

/// Whoever may read, write, delete or alter a thing may also describe it.
fn implies(granted: Operation, wanted: Operation) -> bool {
    use Operation::*;
    granted == wanted
        || (wanted == Describe && matches!(granted, Read | Write | Delete | Alter))
        || (wanted == DescribeConfigs && granted == AlterConfigs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn reader() -> Authorizer {
        let rule =
            Rule { user: "alice".into(), operation: Operation::Read, kind: ResourceType::Topic, name: "orders".into() };
        Authorizer::Rules(vec![rule])
    }

    #[test]
    fn reading_implies_describing_and_nothing_else() {
        let (alice, authorizer) = (Principal::user("alice"), reader());
        let may = |operation, name| authorizer.allows(&alice, HOST, operation, Resource::topic(name));
        assert!(may(Operation::Read, "orders") && may(Operation::Describe, "orders"));
        assert!(!may(Operation::Write, "orders") && !may(Operation::Read, "other"));
        assert!(!authorizer.allows(&Principal::anonymous(), HOST, Operation::Read, Resource::topic("orders")));
    }

    #[test]
    fn allowed_operations_are_bits_by_number() {
        let bits = reader().allowed_bits(&Principal::user("alice"), HOST, Resource::topic("orders"));
        assert_eq!(bits, (1 << 3) | (1 << 8));
        let all = Authorizer::AllowEveryone.allowed_bits(&Principal::anonymous(), HOST, Resource::CLUSTER);
        assert_eq!(all, (1 << 5) | (1 << 7) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 11) | (1 << 12));
    }
}
