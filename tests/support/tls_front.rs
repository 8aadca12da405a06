//! TLS in front of a server that does not speak it, and certificates of every kind for it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

/// What a camera may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Signed by the authority, for the address of this machine.
    Good,
    SelfSigned,
    /// Signed by the authority, and over since yesterday.
    Expired,
    /// Signed by the authority, for another name.
    WrongName,
}

/// `ca.pem` in a folder, and certificates by it.
pub struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    pub fn new() -> Self {
        let authority = Authority { folder: tempfile::tempdir().unwrap() };
        authority.openssl("req -x509 -keyout ca.key -out ca.pem -days 30 -subj /CN=Test-authority", true);
        authority
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn openssl(&self, arguments: &str, new_key: bool) {
        let mut command = Command::new("openssl");
        command.args(arguments.split(' ')).current_dir(self.folder.path());
        if new_key {
            command.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// `NAME.pem` with `NAME.key`.
    fn make(&self, kind: Kind) -> (PathBuf, PathBuf) {
        let name = format!("{kind:?}");
        let host = if kind == Kind::WrongName { "DNS:another-camera.example" } else { "IP:127.0.0.1" };
        if kind == Kind::SelfSigned {
            let made = format!(
                "req -x509 -keyout {name}.key -out {name}.pem -days 30 -subj /CN=camera -addext subjectAltName={host}"
            );
            self.openssl(&made, true);
        } else {
            let extensions = format!("subjectAltName={host}\nbasicConstraints=CA:FALSE\n");
            std::fs::write(self.folder.path().join("extensions"), extensions).unwrap();
            self.openssl(&format!("req -keyout {name}.key -out {name}.csr -subj /CN=camera"), true);
            let days = if kind == Kind::Expired { "-1" } else { "30" };
            let made = format!(
                "x509 -req -in {name}.csr -out {name}.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -extfile extensions"
            );
            self.openssl(&made, false);
        }
        (self.folder.path().join(format!("{name}.pem")), self.folder.path().join(format!("{name}.key")))
    }
}

/// Listens with a certificate and hands on what comes.
pub struct TlsFront {
    address: SocketAddr,
    /// SHA-256 of the certificate, as openssl prints it.
    pub fingerprint: String,
    over: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl TlsFront {
    /// In front of a server at this port.
    pub fn start(authority: &Authority, kind: Kind, behind: u16) -> Self {
        let (certificate, key) = authority.make(kind);
        let fingerprint = fingerprint(&certificate);
        let chain = CertificateDer::pem_file_iter(certificate).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(key).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let ended = over.clone();
        let acceptor = std::thread::spawn(move || {
            let mut workers = Vec::new();
            while let Ok((client, _)) = listener.accept() {
                if ended.load(Ordering::SeqCst) {
                    break;
                }
                let (config, ended) = (config.clone(), ended.clone());
                workers.push(std::thread::spawn(move || {
                    let connection = ServerConnection::new(config).unwrap();
                    if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, behind)) {
                        // Ends with an error where one side hangs up.
                        let _ = hand_on(connection, client, server, &ended);
                    }
                }));
            }
            for worker in workers {
                worker.join().unwrap();
            }
        });
        TlsFront { address, fingerprint, over, acceptor: Some(acceptor) }
    }

    pub fn url(&self) -> lookout::video::RtspUrl {
        lookout::video::RtspUrl::parse(&format!("rtsps://{}/stream", self.address)).unwrap()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes the acceptor.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().unwrap();
        }
    }
}

fn fingerprint(certificate: &Path) -> String {
    let output = Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(certificate)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().split_once('=').unwrap().1.to_owned()
}

fn hand_on(
    mut connection: ServerConnection,
    mut client: TcpStream,
    mut server: TcpStream,
    over: &AtomicBool,
) -> std::io::Result<()> {
    client.set_nonblocking(true)?;
    server.set_nonblocking(true)?;
    let mut bytes = [0; 16 << 10];
    // `None`: nothing at the moment.
    let now = |outcome: std::io::Result<usize>| match outcome {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    };
    while !over.load(Ordering::SeqCst) {
        let mut moved = false;
        if now(connection.read_tls(&mut client))?.is_some() {
            moved = true;
            if let Err(error) = connection.process_new_packets() {
                // The alert says why.
                let _ = connection.write_tls(&mut client);
                return Err(std::io::Error::other(error));
            }
        }
        // At its end the client has said so, which is no error here.
        if let Ok(Some(count)) = now(connection.reader().read(&mut bytes)) {
            server.write_all(&bytes[..count])?;
        }
        if !connection.wants_write()
            && !connection.is_handshaking()
            && let Some(count) = now(server.read(&mut bytes))?
        {
            moved = true;
            connection.writer().write_all(&bytes[..count])?;
        }
        while connection.wants_write() && now(connection.write_tls(&mut client))?.is_some() {
            moved = true;
        }
        if !moved {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}
