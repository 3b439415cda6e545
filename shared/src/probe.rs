//! Asks a server on this machine whether it is well. An image without a shell has nothing else to ask with.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// Longer than a service waits for its database before it says that it is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Fails unless `GET path` on this port is answered 200.
pub fn ask(port: u16, path: &str) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(stream.take(100)).read_line(&mut line)?;
    if line.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    Err(io::Error::other(format!("{path} answers {:?}", line.trim_end())))
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, thread};

    use super::*;

    /// Asks a server that gives every request this answer.
    fn asked_of(answer: &'static str) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            let mut request = String::new();
            BufReader::new(stream.try_clone()?).read_line(&mut request)?;
            stream.write_all(answer.as_bytes())?;
            io::Result::Ok(request)
        });
        let outcome = ask(port, "/ready");
        let request = server.join().map_err(|_| io::Error::other("the server fell over"))??;
        assert_eq!(request, "GET /ready HTTP/1.1\r\n");
        outcome
    }

    #[test]
    fn only_a_server_that_answers_200_is_well() {
        assert!(asked_of("HTTP/1.1 200 OK\r\n\r\n").is_ok());
        let refused = asked_of("HTTP/1.1 503 Service Unavailable\r\n\r\n").expect_err("not ready");
        assert_eq!(refused.to_string(), "/ready answers \"HTTP/1.1 503 Service Unavailable\"");
        assert!(asked_of("").is_err());
    }

    #[test]
    fn nobody_there_is_not_well() -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        drop(listener);
        assert!(ask(port, "/ready").is_err());
        Ok(())
    }
}
