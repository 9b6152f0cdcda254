//! Authorization and delegation tokens: who may do what, and tokens that act for somebody.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "authorizer.class.name" Str = Is(""), Any, Low, ReadOnly, AUTHORIZER;
        "The authorizer that decides who may do what. Empty: everybody may do everything."
    "principal.builder.class" Class = Is("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"),
        Any, Medium, PerBroker, JVM;
        "The class that makes a principal of a connection's identity."
    "security.providers" Str = Null, Any, Low, ReadOnly, JVM;
        "Further security providers of the JVM."
    "delegation.token.secret.key" Password = Null, Any, Medium, ReadOnly, TOKENS;
        "The secret with which delegation tokens are signed; the same on every node."
    "delegation.token.max.lifetime.ms" Long = Is("604800000"), AtLeast(1), Medium, ReadOnly, TOKENS;
        "The longest life of a delegation token, in milliseconds."
    "delegation.token.expiry.time.ms" Long = Is("86400000"), AtLeast(1), Medium, ReadOnly, TOKENS;
        "How long a delegation token is valid until it is renewed, in milliseconds."
    "delegation.token.expiry.check.interval.ms" Long = Is("3600000"), AtLeast(1), Low, ReadOnly, TOKENS;
        "How often expired delegation tokens are removed, in milliseconds."
};
