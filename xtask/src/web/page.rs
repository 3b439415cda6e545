//! The one HTML page, and the module that starts the app from it.

use anyhow::{Result, bail};

/// The addresses of the files that the page loads.
pub struct Links {
    /// The style sheet.
    pub css: String,
    /// The JavaScript that binds the WASM.
    pub js: String,
    /// The WASM.
    pub wasm: String,
    /// The module that starts it all.
    pub boot: String,
}

/// Replaces `{{css}}`, `{{js}}`, `{{wasm}}` and `{{boot}}` in the page.
pub fn fill(template: &str, links: &Links) -> Result<String> {
    if !template.contains("{{boot}}") {
        bail!("index.html never loads {{{{boot}}}}, so the app would not start");
    }
    let page = template
        .replace("{{css}}", &links.css)
        .replace("{{js}}", &links.js)
        .replace("{{wasm}}", &links.wasm)
        .replace("{{boot}}", &links.boot);
    if let Some(at) = page.find("{{") {
        let rest: String = page[at..].chars().take(30).collect();
        bail!("index.html has a placeholder that nothing fills: {rest}");
    }
    Ok(page)
}

/// The module that loads the WASM; a file of its own, since the content policy forbids inline scripts.
pub fn boot_module(js: &str, wasm: &str) -> String {
    // The page can show by `html[data-boot="failed"]` that the app did not come.
    format!(
        "import init from \"{js}\";\n\
         init({{ module_or_path: \"{wasm}\" }}).catch((error) => {{\n  \
           document.documentElement.dataset.boot = \"failed\";\n  \
           throw error;\n\
         }});\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links() -> Links {
        let link = |name: &str| format!("/assets/{name}");
        Links { css: link("a.css"), js: link("a.js"), wasm: link("a.wasm"), boot: link("b.js") }
    }

    #[test]
    fn every_placeholder_is_replaced() -> Result<()> {
        let template = r#"<link href="{{css}}"><link href="{{js}}"><link href="{{wasm}}"><script src="{{boot}}">"#;
        let page = fill(template, &links())?;
        assert_eq!(
            page,
            r#"<link href="/assets/a.css"><link href="/assets/a.js"><link href="/assets/a.wasm"><script src="/assets/b.js">"#
        );
        Ok(())
    }

    #[test]
    fn an_unknown_placeholder_is_an_error() {
        assert!(fill("{{boot}} {{title}}", &links()).is_err());
        assert!(fill("<p>nothing to load</p>", &links()).is_err());
    }

    #[test]
    fn the_boot_module_loads_both_files() {
        let module = boot_module("/assets/a.js", "/assets/a.wasm");
        assert!(module.starts_with("import init from \"/assets/a.js\";\ninit({ module_or_path: \"/assets/a.wasm\" })"));
    }
}
