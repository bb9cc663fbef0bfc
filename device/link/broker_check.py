"""Is the broker there, and would it let us in? Each way in which it may not has its own words.

probe_broker(settings.mqtt, client_id="posefleet-home-cam-check", timeout_s=5.0)
"""

import socket
import ssl
import time

from core.errors import ConfigError, UnavailableError
from core.mqtt import Connection
from core.mqtt_settings import MqttSettings
from core.settings import read_secret

_POLL_S = 0.05
_VERDICT_S = 0.5


def check_credentials(settings: MqttSettings) -> ssl.SSLContext | None:
    """See that what the settings name can be read; the TLS context, if TLS is used.

    Raises:
        ConfigError: the password, a certificate or a key cannot be read.
    """
    if settings.password_file is not None:
        if settings.username is None:
            raise ConfigError("[mqtt] password_file: there is a password and no user; set mqtt.username as well")
        read_secret(settings.password_file)
    if not settings.uses_tls:
        return None
    for file in (settings.ca_file, settings.certificate_file, settings.key_file):
        if file is not None and not file.is_file():
            raise ConfigError(f"{file}: no such file; see mqtt.ca_file, mqtt.certificate_file and mqtt.key_file")
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        if settings.certificate_file:
            context.load_cert_chain(settings.certificate_file, settings.key_file)
    except (ssl.SSLError, OSError) as exc:
        raise ConfigError(f"[mqtt] the certificates cannot be used ({exc}); are they PEM, and do they fit?") from exc
    return context


def probe_broker(settings: MqttSettings, *, client_id: str, timeout_s: float = 5.0) -> None:
    """Connect, and be accepted.

    Raises:
        ConfigError: see check_credentials.
        UnavailableError: nobody is there, TLS fails, or the broker refuses; the text tells them apart.
    """
    context = check_credentials(settings)
    _reach(settings, context, timeout_s)
    with Connection(settings, client_id=client_id) as connection:
        deadline = time.monotonic() + timeout_s
        while not connection.connected:
            if connection.problem is not None:
                raise UnavailableError(connection.problem)
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"something listens at {settings.address} but does not speak MQTT to us; "
                    "is it the right port, and does it want TLS (mqtt.tls = true)?"
                )
            time.sleep(_POLL_S)


def _reach(settings: MqttSettings, context: ssl.SSLContext | None, timeout_s: float) -> None:
    """TCP, then TLS if it is used."""
    try:
        with socket.create_connection((settings.host, settings.effective_port), timeout_s) as plain:
            if context is not None:
                _shake_hands(settings, context, plain)
    except socket.gaierror as exc:
        raise UnavailableError(f"the host {settings.host} is not known ({exc.strerror}); check mqtt.host") from exc
    except ConnectionRefusedError as exc:
        raise UnavailableError(
            f"nobody listens at {settings.address}; is the broker running, are mqtt.host and mqtt.port right?"
        ) from exc
    except OSError as exc:
        raise UnavailableError(
            f"the broker at {settings.address} does not answer ({exc}); check the network, the firewall and mqtt.host"
        ) from exc


def _shake_hands(settings: MqttSettings, context: ssl.SSLContext, plain: socket.socket) -> None:
    try:
        with context.wrap_socket(plain, server_hostname=settings.host) as encrypted:
            _await_verdict(settings, encrypted)
    except ssl.SSLCertVerificationError as exc:
        raise UnavailableError(
            f"the certificate of the broker at {settings.address} is not trusted ({exc.verify_message}); "
            "set mqtt.ca_file to the authority that signed it, and mqtt.host to the name in it"
        ) from exc
    except OSError as exc:  # an SSLError, or the broker hung up on what it did not understand
        raise UnavailableError(
            f"the broker at {settings.address} speaks no TLS there ({exc}); "
            "set mqtt.port to its TLS port, or mqtt.tls = false on a network of your own"
        ) from exc


def _await_verdict(settings: MqttSettings, encrypted: ssl.SSLSocket) -> None:
    """With TLS 1.3 the broker judges our certificate after our side of the handshake; silence is consent."""
    encrypted.settimeout(_VERDICT_S)
    try:
        encrypted.recv(1)
    except TimeoutError:
        return
    except ssl.SSLError as exc:
        alert = (exc.reason or str(exc)).rpartition("ALERT_")[2].replace("_", " ").lower()
        raise UnavailableError(
            f"the broker at {settings.address} says of our client certificate: {alert}; "
            "see mqtt.certificate_file and mqtt.key_file"
        ) from exc
