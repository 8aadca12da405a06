//! A web server for one test: answers each path with what the test said, faults included. Listens on a free port
//! of this machine and counts what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a path is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    /// 200 with these bytes.
    File(Vec<u8>),
    /// 200 with these bytes in chunks, without saying how many will come.
    Chunked(Vec<u8>),
    /// 200 that promises all of these bytes and hangs up after so many.
    Cut(Vec<u8>, usize),
    /// Another status, with a page of text.
    Status(u16),
    /// 302 to there.
    Redirect(String),
    /// Nothing, for as long as the client stays.
    Silence,
}

pub struct Server {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Serves until the test's process ends. `answers` gets the server's address, for redirects to itself.
    pub fn start(answers: impl FnOnce(&str) -> Vec<(&'static str, Answer)>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = answers(&format!("http://{}", listener.local_addr().unwrap()));
        Server::serve(listener, answers, None)
    }

    /// The same over TLS, with `server.pem` and `server.key` of that folder.
    pub fn start_tls(folder: &Path, answers: Vec<(&'static str, Answer)>) -> Server {
        let chain: Vec<_> =
            CertificateDer::pem_file_iter(folder.join("server.pem")).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        Server::serve(TcpListener::bind("127.0.0.1:0").unwrap(), answers, Some(Arc::new(config)))
    }

    fn serve(
        listener: TcpListener,
        answers: Vec<(&'static str, Answer)>,
        tls: Option<Arc<ServerConfig>>,
    ) -> Server {
        let address = listener.local_addr().unwrap();
        let answers: Arc<BTreeMap<&'static str, Answer>> = Arc::new(answers.into_iter().collect());
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, counter, tls) = (Arc::clone(&answers), Arc::clone(&counter), tls.clone());
                std::thread::spawn(move || {
                    counter.fetch_add(1, Ordering::SeqCst);
                    let stream = stream.unwrap();
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    // A client that hangs up early is part of some tests.
                    let _ = match tls {
                        None => answer(stream, &answers),
                        Some(config) => {
                            let connection = ServerConnection::new(config).unwrap();
                            answer(StreamOwned::new(connection, stream), &answers)
                        }
                    };
                });
            }
        });
        Server { address, requests }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn tls_url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    /// Connections so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn answer(stream: impl Read + Write, answers: &BTreeMap<&'static str, Answer>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let stream = reader.get_mut();
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.split('?').next().unwrap_or_default();
    match answers.get(path).cloned().unwrap_or(Answer::Status(404)) {
        Answer::File(bytes) => whole(stream, 200, &bytes, bytes.len()),
        Answer::Cut(bytes, after) => whole(stream, 200, &bytes, after),
        Answer::Status(status) => {
            let page = b"<html><body>This is a page, not a model.</body></html>";
            whole(stream, status, page, page.len())
        }
        Answer::Redirect(to) => {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        Answer::Chunked(bytes) => {
            write!(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")?;
            for chunk in bytes.chunks(1000) {
                write!(stream, "{:x}\r\n", chunk.len())?;
                stream.write_all(chunk)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")
        }
        Answer::Silence => {
            // Returns when the client goes.
            stream.read(&mut [0]).map(|_| ())
        }
    }
}

fn whole(stream: &mut impl Write, status: u16, bytes: &[u8], send: usize) -> std::io::Result<()> {
    let length = bytes.len();
    write!(stream, "HTTP/1.1 {status} Whatever\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
    stream.write_all(&bytes[..send])
}
