"""Fetch one Maven artifact and all it depends on with Apache Ivy, which Spark ships.

`python -m pipeline.mleap.fetch ORGANISATION ARTIFACT VERSION FOLDER` is a program of its own: it starts a JVM with
nothing but Ivy in it, and Ivy ends its process when it fails.
"""

from __future__ import annotations

import ssl
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies
from xml.sax.saxutils import quoteattr

from pipeline.java import java_home, libjvm
from pipeline.mleap.jars import spark_jars_folder

PASSWORD = "changeit"  # noqa: S105 (a key store must have one; this one holds public certificates)

# Ivy knows the public repository itself; its own settings would wait for ever and look into the user's home.
# The lock's SHA-256 stands in for the repository's checksum files.
SETTINGS = """
<ivysettings>
  <settings defaultResolver="public"/>
  <caches defaultCacheDir={cache}/>
  <timeout-constraints>
    <timeout-constraint name="patience" connectionTimeout="10000" readTimeout="15000"/>
  </timeout-constraints>
  <resolvers>
    <ibiblio name="public" m2compatible="true" useMavenMetadata="false" checksums="" timeoutConstraint="patience"/>
  </resolvers>
</ivysettings>
"""


def main(organisation: str, artifact: str, version: str, folder: str) -> None:
    """Put the jars into FOLDER/jars under their Maven names, or end with Ivy's exit code and log.

    FOLDER must exist; it keeps what else Ivy writes, and is the caller's to delete.
    """
    import jpype

    work = Path(folder).absolute()
    ivy = sorted(spark_jars_folder().glob("ivy-*.jar"))
    jpype.startJVM(str(libjvm(java_home((11, 17)))), classpath=[str(jar) for jar in ivy])
    system = jpype.JClass("java.lang.System")
    for key, value in {**trust_properties(work), **proxy_properties(getproxies())}.items():
        system.setProperty(key, value)
    settings = work / "ivysettings.xml"
    settings.write_text(SETTINGS.format(cache=quoteattr(str(work / "ivy"))), "utf-8")
    jpype.JClass("org.apache.ivy.Main").main(
        [
            *("-settings", str(settings)),
            *("-dependency", organisation, artifact, version),
            *("-confs", "default", "-types", "jar", "bundle"),
            *("-retrieve", f"{work}/jars/[artifact]-[revision](-[classifier]).[ext]"),
        ]
    )


def trust_properties(work: Path) -> dict[str, str]:
    """Java's system properties for the certificate authorities Python trusts; none where Python knows no file.

    A Java from PyPI carries its own list, which lacks the authority of a company's or a cloud's proxy.
    """
    file = ssl.get_default_verify_paths().cafile
    if not file:
        return {}
    import jpype

    store = jpype.JClass("java.security.KeyStore").getInstance("PKCS12")
    store.load(None, None)
    factory = jpype.JClass("java.security.cert.CertificateFactory").getInstance("X.509")
    source = jpype.JClass("java.io.FileInputStream")(file)
    for number, certificate in enumerate(factory.generateCertificates(source)):
        store.setCertificateEntry(f"authority-{number}", certificate)
    source.close()
    path = str(work / "trust.p12")
    output = jpype.JClass("java.io.FileOutputStream")(path)
    store.store(output, jpype.JString(PASSWORD).toCharArray())
    output.close()
    return {"javax.net.ssl.trustStore": path, "javax.net.ssl.trustStorePassword": PASSWORD}


def proxy_properties(proxies: dict[str, str]) -> dict[str, str]:
    """Java's system properties for the proxies the environment names: Java itself does not read HTTPS_PROXY."""
    properties = {}
    for scheme in ("http", "https"):
        address = proxies.get(scheme, "")
        url = urlsplit(address if "//" in address else f"//{address}")
        if not url.hostname:
            continue
        properties[f"{scheme}.proxyHost"] = url.hostname
        properties[f"{scheme}.proxyPort"] = str(url.port or (443 if url.scheme == "https" else 80))
        if url.username:
            # Ivy reads these two for either scheme; Java refuses Basic to a proxy unless told.
            properties["http.proxyUser"] = unquote(url.username)
            properties["http.proxyPassword"] = unquote(url.password or "")
            properties["jdk.http.auth.tunneling.disabledSchemes"] = ""
    if exempt := proxies.get("no"):
        names = [name.strip() for name in exempt.split(",") if name.strip()]
        properties["http.nonProxyHosts"] = "|".join(f"*{name}" if name.startswith(".") else name for name in names)
    return properties


if __name__ == "__main__":
    main(*sys.argv[1:])
