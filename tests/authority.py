"""A certificate authority for tests, and a Mosquitto that insists on it and on an access list."""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from posefleet.broker import find_mosquitto, free_port
from tests.broker import reachable, wait_until

_HERE = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


class Authority:
    """Signs certificates; `certificate` writes `<name>.pem` and `<name>.key`, the authority itself is `ca.pem`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
        own = self._builder(self._name, self._key, days=2)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = directory / "ca.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def certificate(self, name: str, *, days: int = 1) -> tuple[Path, Path]:
        """Certificate and key of somebody at 127.0.0.1; with negative days it expired so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        signed = self._builder(subject, key, days=days).add_extension(_HERE, critical=False)
        pem, private = self._directory / f"{name}.pem", self._directory / f"{name}.key"
        pem.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return pem, private

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30))
            .not_valid_after(now + timedelta(days=days))
        )


class StrictBroker:
    """Mosquitto with two listeners: TLS with client certificates, and TLS with passwords; both with the access list."""

    def __init__(self, directory: Path, authority: Authority, access_list: str, passwords: dict[str, str]) -> None:
        certificate, key = authority.certificate("broker")
        self.certificate_port, self.password_port = free_port(), free_port()
        self.log = directory / "broker.log"
        acl, password_file = directory / "acl", directory / "passwords"
        acl.write_text(access_list)
        password_file.write_text("".join(f"{user}:{password}\n" for user, password in passwords.items()))
        for file in (acl, password_file):
            file.chmod(0o600)
        if passwords:
            subprocess.run(["mosquitto_passwd", "-U", str(password_file)], check=True)
        common = (
            f"allow_anonymous false\nacl_file {acl}\ncafile {authority.file}\ncertfile {certificate}\nkeyfile {key}\n"
        )
        self._config = directory / "strict.conf"
        self._config.write_text(
            f"per_listener_settings true\nuser root\n"
            f"listener {self.certificate_port} 127.0.0.1\n{common}"
            f"require_certificate true\nuse_identity_as_username true\n"
            f"listener {self.password_port} 127.0.0.1\n{common}password_file {password_file}\n"
        )

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen([str(find_mosquitto()), "-c", str(self._config)], stderr=log, stdout=log)
        wait_until(lambda: reachable(self.password_port) and reachable(self.certificate_port), "the strict broker")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(10)
