//! SASL: authentication by password, ticket or token.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "sasl.enabled.mechanisms" List = Is("GSSAPI"), Any, Medium, PerBroker, SASL;
        "The mechanisms clients may use."
    "sasl.mechanism.inter.broker.protocol" Str = Is("GSSAPI"), Any, Medium, PerBroker, SASL;
        "The mechanism brokers use among themselves."
    "sasl.mechanism.controller.protocol" Str = Is("GSSAPI"), Any, High, ReadOnly, SASL;
        "The mechanism used towards controllers."
    "sasl.jaas.config" Password = Null, Any, Medium, PerBroker, SASL;
        "The login module and its options, as one JAAS entry."
    "sasl.client.callback.handler.class" Class = Null, Any, Medium, ReadOnly, JVM;
        "The class that answers a SASL client's questions."
    "sasl.server.callback.handler.class" Class = Null, Any, Medium, ReadOnly, JVM;
        "The class that answers a SASL server's questions."
    "sasl.login.callback.handler.class" Class = Null, Any, Medium, ReadOnly, JVM;
        "The class that answers a login's questions."
    "sasl.login.class" Class = Null, Any, Medium, ReadOnly, JVM;
        "The class that logs in."
    "sasl.server.max.receive.size" Int = Is("524288"), Any, Medium, ReadOnly, SASL;
        "The largest message accepted before a client is authenticated, in bytes."
    "sasl.login.connect.timeout.ms" Int = Null, Any, Low, ReadOnly, SASL;
        "How long connecting to the identity provider may take, in milliseconds."
    "sasl.login.read.timeout.ms" Int = Null, Any, Low, ReadOnly, SASL;
        "How long reading from the identity provider may take, in milliseconds."
    "sasl.login.retry.backoff.ms" Long = Is("100"), Any, Low, ReadOnly, SASL;
        "The first pause after the identity provider failed, in milliseconds."
    "sasl.login.retry.backoff.max.ms" Long = Is("10000"), Any, Low, ReadOnly, SASL;
        "The longest pause after the identity provider failed, in milliseconds."
    "sasl.login.refresh.buffer.seconds" Short = Is("300"), Any, Medium, PerBroker, SASL;
        "How long before its end a credential is renewed at the latest, in seconds."
    "sasl.login.refresh.min.period.seconds" Short = Is("60"), Any, Medium, PerBroker, SASL;
        "How long a credential is used at least before it is renewed, in seconds."
    "sasl.login.refresh.window.factor" Double = Is("0.8"), Any, Medium, PerBroker, SASL;
        "After which share of its life a credential is renewed, from 0.5 to 1."
    "sasl.login.refresh.window.jitter" Double = Is("0.05"), Any, Medium, PerBroker, SASL;
        "The random part of that share, from 0 to 0.25."
    "sasl.kerberos.kinit.cmd" Str = Is("/usr/bin/kinit"), Any, Medium, PerBroker, KERBEROS;
        "The path of the program kinit."
    "sasl.kerberos.min.time.before.relogin" Long = Is("60000"), Any, Medium, PerBroker, KERBEROS;
        "The shortest time between two logins, in milliseconds."
    "sasl.kerberos.principal.to.local.rules" List = Is("DEFAULT"), Any, Medium, PerBroker, KERBEROS;
        "Rules that turn a Kerberos principal into a user name."
    "sasl.kerberos.service.name" Str = Null, Any, Medium, PerBroker, KERBEROS;
        "The Kerberos name the brokers run under."
    "sasl.kerberos.ticket.renew.jitter" Double = Is("0.05"), Any, Medium, PerBroker, KERBEROS;
        "The random part of the time at which a ticket is renewed."
    "sasl.kerberos.ticket.renew.window.factor" Double = Is("0.8"), Any, Medium, PerBroker, KERBEROS;
        "After which share of its life a ticket is renewed."
    "sasl.oauthbearer.clock.skew.seconds" Int = Is("30"), Any, Low, ReadOnly, OAUTH;
        "How far the clocks of broker and identity provider may differ, in seconds."
    "sasl.oauthbearer.expected.audience" List = Is(""), Any, High, ReadOnly, OAUTH;
        "The audiences one of which a token must name."
    "sasl.oauthbearer.expected.issuer" Str = Null, Any, High, ReadOnly, OAUTH;
        "The issuer a token must name."
    "sasl.oauthbearer.scope" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "The scope asked for when fetching a token."
    "sasl.oauthbearer.scope.claim.name" Str = Is("scope"), Any, Low, ReadOnly, OAUTH;
        "The claim of a token that holds its scope."
    "sasl.oauthbearer.sub.claim.name" Str = Is("sub"), Any, Low, ReadOnly, OAUTH;
        "The claim of a token that holds its subject."
    "sasl.oauthbearer.token.endpoint.url" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "Where tokens are fetched."
    "sasl.oauthbearer.jwks.endpoint.url" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "Where the keys are found that tokens are signed with."
    "sasl.oauthbearer.jwks.endpoint.refresh.ms" Long = Is("3600000"), Any, Low, ReadOnly, OAUTH;
        "How often those keys are read again, in milliseconds."
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms" Long = Is("100"), Any, Low, ReadOnly, OAUTH;
        "The first pause after reading them failed, in milliseconds."
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms" Long = Is("10000"), Any, Low, ReadOnly, OAUTH;
        "The longest pause after reading them failed, in milliseconds."
    "sasl.oauthbearer.jwt.retriever.class" Class =
        Is("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), Any, Medium, ReadOnly, JVM;
        "The class that fetches tokens."
    "sasl.oauthbearer.jwt.validator.class" Class =
        Is("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), Any, Medium, ReadOnly, JVM;
        "The class that checks tokens."
    "sasl.oauthbearer.client.credentials.client.id" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "The client id with which tokens are fetched."
    "sasl.oauthbearer.client.credentials.client.secret" Password = Null, Any, Medium, ReadOnly, OAUTH;
        "The client's secret with which tokens are fetched."
    "sasl.oauthbearer.assertion.algorithm" Str = Is("RS256"), OneOfAnyCase(&["ES256", "RS256"]),
        Medium, ReadOnly, OAUTH;
        "How assertions are signed."
    "sasl.oauthbearer.assertion.claim.aud" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "The audience named in an assertion."
    "sasl.oauthbearer.assertion.claim.exp.seconds" Int = Is("300"), Between(0, 86400), Low, ReadOnly, OAUTH;
        "How long an assertion is valid, in seconds."
    "sasl.oauthbearer.assertion.claim.iss" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "The issuer named in an assertion."
    "sasl.oauthbearer.assertion.claim.jti.include" Bool = Is("false"), Any, Medium, ReadOnly, OAUTH;
        "Whether every assertion carries an id of its own."
    "sasl.oauthbearer.assertion.claim.nbf.seconds" Int = Is("60"), Between(0, 3600), Low, ReadOnly, OAUTH;
        "How far before now an assertion becomes valid, in seconds."
    "sasl.oauthbearer.assertion.claim.sub" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "The subject named in an assertion."
    "sasl.oauthbearer.assertion.file" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "A file with a ready assertion."
    "sasl.oauthbearer.assertion.private.key.file" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "The file with the private key that signs assertions."
    "sasl.oauthbearer.assertion.private.key.passphrase" Password = Null, Any, Medium, ReadOnly, OAUTH;
        "The password of that private key."
    "sasl.oauthbearer.assertion.template.file" Str = Null, Any, Medium, ReadOnly, OAUTH;
        "A file with further claims of an assertion."
};
