//! `.br` and `.gz` beside each file that shrinks.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};

const TEXTUAL: [&str; 9] = ["wasm", "js", "css", "html", "svg", "json", "txt", "webmanifest", "xml"];

/// What the browser has to load, compressed by brotli.
#[derive(Default)]
pub struct Sizes {
    wasm: u64,
    js: u64,
    css: u64,
}

impl Sizes {
    /// WASM and JavaScript together, in bytes.
    pub fn code(&self) -> u64 {
        self.wasm + self.js
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "brotli: WASM {} KB + JS {} KB = {} KB; CSS {} KB",
            kilobytes(self.wasm),
            kilobytes(self.js),
            kilobytes(self.code()),
            kilobytes(self.css)
        )
    }
}

fn kilobytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

/// Compresses every file of the site.
pub fn tree(folder: &Path) -> Result<Sizes> {
    let mut sizes = Sizes::default();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            let inner = tree(&path)?;
            sizes.wasm += inner.wasm;
            sizes.js += inner.js;
            sizes.css += inner.css;
            continue;
        }
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if !TEXTUAL.contains(&extension.as_str()) {
            continue;
        }
        let brotli = compress(&path)?;
        match extension.as_str() {
            "wasm" => sizes.wasm += brotli,
            "js" => sizes.js += brotli,
            "css" => sizes.css += brotli,
            _ => {}
        }
    }
    Ok(sizes)
}

/// Writes both forms and returns the size of brotli's.
fn compress(file: &Path) -> Result<u64> {
    let bytes = fs::read(file)?;
    let beside = |extension: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(extension);
        name
    };

    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut small, &params)?;
    fs::write(beside(".br"), &small)?;

    let mut gzip = GzEncoder::new(io::BufWriter::new(File::create(beside(".gz"))?), Compression::best());
    gzip.write_all(&bytes)?;
    gzip.finish()?.flush()?;
    Ok(small.len().try_into()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shrinks_gets_both_forms_and_is_counted_by_kind() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("xtask-compress-{}", std::process::id()));
        fs::create_dir_all(folder.join("assets"))?;
        fs::write(folder.join("assets/app.js"), "let a = 1;\n".repeat(500))?;
        fs::write(folder.join("assets/app.wasm"), [7; 5000])?;
        fs::write(folder.join("photo.png"), [1; 100])?;
        let sizes = tree(&folder)?;
        assert!(sizes.js > 0 && sizes.wasm > 0 && sizes.css == 0);
        assert!(sizes.code() < 1000);
        assert!(folder.join("assets/app.js.br").is_file() && folder.join("assets/app.js.gz").is_file());
        assert!(!folder.join("photo.png.br").exists());
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
