//! TLS: certificates and protocols; `listener.name.<name>.` in front of a key sets it for one listener.

use crate::key::row::*;

pub(crate) const KEYS: &[Key] = rows! { Broker;
    "ssl.allow.dn.changes" Bool = Is("false"), Any, Low, ReadOnly, TLS;
        "Whether a new certificate may have another distinguished name than the one it replaces."
    "ssl.allow.san.changes" Bool = Is("false"), Any, Low, ReadOnly, TLS;
        "Whether a new certificate may have other alternative names than the one it replaces."
    "ssl.cipher.suites" List = Is(""), Any, Medium, PerBroker, TLS;
        "The cipher suites allowed. Empty: all that are considered safe."
    "ssl.client.auth" Str = Is("none"), OneOf(&["required", "requested", "none"]), Medium, PerBroker, TLS;
        "Whether clients must show a certificate: `required`, `requested` or `none`."
    "ssl.enabled.protocols" List = Is("TLSv1.2,TLSv1.3"), Any, Medium, PerBroker, TLS;
        "The TLS versions allowed."
    "ssl.endpoint.identification.algorithm" Str = Is("https"), Any, Low, PerBroker, TLS;
        "How a server's name is checked against its certificate; empty means not at all."
    "ssl.engine.factory.class" Class = Null, Any, Low, PerBroker, JVM;
        "The class that makes TLS engines."
    "ssl.key.password" Password = Null, Any, Medium, PerBroker, TLS;
        "The password of the private key."
    "ssl.keymanager.algorithm" Str = Is("SunX509"), Any, Medium, PerBroker, JVM;
        "The algorithm of the JVM's key manager."
    "ssl.keystore.certificate.chain" Password = Null, Any, Medium, PerBroker, TLS;
        "The certificate chain itself, in PEM."
    "ssl.keystore.key" Password = Null, Any, Medium, PerBroker, TLS;
        "The private key itself, in PEM."
    "ssl.keystore.location" Str = Null, Any, Medium, PerBroker, TLS;
        "The file with private key and certificate chain."
    "ssl.keystore.password" Password = Null, Any, Medium, PerBroker, TLS;
        "The password of that file."
    "ssl.keystore.type" Str = Is("JKS"), Any, Medium, PerBroker, TLS;
        "The format of that file: `PEM`, `PKCS12` or `JKS`."
    "ssl.principal.mapping.rules" Str = Is("DEFAULT"), Any, Low, ReadOnly, TLS;
        "Rules that turn a certificate's distinguished name into a user name."
    "ssl.protocol" Str = Is("TLSv1.3"), Any, Medium, PerBroker, TLS;
        "The TLS version preferred."
    "ssl.provider" Str = Null, Any, Medium, PerBroker, JVM;
        "The JVM's security provider for TLS."
    "ssl.secure.random.implementation" Str = Null, Any, Low, PerBroker, JVM;
        "The JVM's source of random numbers for TLS."
    "ssl.trustmanager.algorithm" Str = Is("PKIX"), Any, Medium, PerBroker, JVM;
        "The algorithm of the JVM's trust manager."
    "ssl.truststore.certificates" Password = Null, Any, Medium, PerBroker, TLS;
        "The trusted certificates themselves, in PEM."
    "ssl.truststore.location" Str = Null, Any, Medium, PerBroker, TLS;
        "The file with the trusted certificates."
    "ssl.truststore.password" Password = Null, Any, Medium, PerBroker, TLS;
        "The password of that file."
    "ssl.truststore.type" Str = Is("JKS"), Any, Medium, PerBroker, TLS;
        "The format of that file: `PEM`, `PKCS12` or `JKS`."
};
