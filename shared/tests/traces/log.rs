//! The lines that are logged, as production writes them.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};
use tracing_subscriber::fmt::MakeWriter;

/// What was logged until now.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// Begins to catch all lines of this process.
    pub fn catch() -> Self {
        let lines = Self::default();
        let fmt = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter("info,shared=debug");
        fmt.with_writer(lines.clone()).init();
        lines
    }

    /// The lines of a trace, each with the fields of its request.
    pub fn of(&self, trace: &str) -> Vec<Map<String, Value>> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = String::from_utf8(bytes).expect("text");
        let lines = text.lines().map(|line| serde_json::from_str::<Map<String, Value>>(line).expect("a line of JSON"));
        let whole = lines.map(|mut line| {
            if let Some(Value::Object(span)) = line.remove("span") {
                line.extend(span);
            }
            line
        });
        whole.filter(|line| line.get("trace_id").is_some_and(|id| id == trace)).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
