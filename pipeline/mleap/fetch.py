"""Fetch one Maven artifact and all it depends on with Apache Ivy, which Spark ships.

`python -m pipeline.mleap.fetch ORGANISATION ARTIFACT VERSION FOLDER` is a program of its own: it starts a JVM with
nothing but Ivy in it, and Ivy ends its process when it fails.
"""

from __future__ import annotations

import ssl
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from pipeline.java import java_home, libjvm
from pipeline.mleap.jars import spark_jars_folder

PASSWORD = "changeit"  # noqa: S105 (a key store must have one; this one holds public certificates)

# Ivy knows the public repository itself; its own settings would wait for ever and look into the user's home.
SETTINGS = """
<ivysettings>
  <settings defaultResolver="public"/>
  <caches defaultCacheDir="{cache}"/>
  <timeout-constraints>
    <timeout-constraint name="patience" connectionTimeout="10000" readTimeout="15000"/>
  </timeout-constraints>
  <resolvers><ibiblio name="public" m2compatible="true" timeoutConstraint="patience"/></resolvers>
</ivysettings>
"""


def main(organisation: str, artifact: str, version: str, folder: str) -> None:
    """Put the jars into the folder under their Maven names, or end with Ivy's exit code and log."""
    import jpype

    with tempfile.TemporaryDirectory() as work:
        ivy = sorted(spark_jars_folder().glob("ivy-*.jar"))
        jpype.startJVM(str(libjvm(java_home((11, 17)))), classpath=[str(jar) for jar in ivy])
        system = jpype.JClass("java.lang.System")
        for key, value in {**trust_properties(Path(work)), **proxy_properties(getproxies())}.items():
            system.setProperty(key, value)
        settings = Path(work) / "ivysettings.xml"
        settings.write_text(SETTINGS.format(cache=Path(work).as_uri().removeprefix("file://") + "/cache"), "utf-8")
        arguments = [
            *("-settings", str(settings)),
            *("-dependency", organisation, artifact, version),
            *("-confs", "default", "-types", "jar", "bundle"),
            *("-retrieve", f"{folder}/[artifact]-[revision](-[classifier]).[ext]"),
        ]
        jpype.JClass("org.apache.ivy.Main").main(arguments)


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
    for number, certificate in enumerate(factory.generateCertificates(_stream(jpype, Path(file).read_bytes()))):
        store.setCertificateEntry(f"authority-{number}", certificate)
    path = str(work / "trust.p12")
    output = jpype.JClass("java.io.FileOutputStream")(path)
    store.store(output, jpype.JString(PASSWORD).toCharArray())
    output.close()
    return {"javax.net.ssl.trustStore": path, "javax.net.ssl.trustStorePassword": PASSWORD}


def _stream(jpype: Any, data: bytes) -> Any:
    return jpype.JClass("java.io.ByteArrayInputStream")(jpype.JArray(jpype.JByte)(data))


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
