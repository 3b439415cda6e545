//! Whether containers may do no more than they must.

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{docker, images, stack::Stack};
use crate::{say, services::Service};

/// Fails where a container runs as root, can write its root, keeps a capability, can gain rights, publishes a port to
/// other machines, or, if it is ours, has a shell.
pub async fn check(stack: &Stack) -> Result<()> {
    for (service, container) in stack.containers().await? {
        let faults = faults(&container);
        ensure!(faults.is_empty(), "{service}: {}", faults.join(", "));
        if is_ours(&service) {
            let id = container["Id"].as_str().unwrap_or_default();
            let shell = docker::ask(&["exec", id, "/bin/sh", "-c", "true"]).await;
            ensure!(shell.is_err(), "{service}: has a shell");
        }
    }
    say::note("not root, root read-only, no capabilities, no new privileges, ports on 127.0.0.1 only, no shell");
    Ok(())
}

fn is_ours(service: &str) -> bool {
    service == images::FRONTEND || Service::ALL.iter().any(|ours| ours.name() == service)
}

fn faults(container: &Value) -> Vec<&'static str> {
    let host = &container["HostConfig"];
    let words = |list: &Value| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(ToOwned::to_owned)).collect()
    };
    let user = container["Config"]["User"].as_str().unwrap_or_default();
    let ports = host["PortBindings"].as_object().into_iter().flatten();
    let mut bindings = ports.flat_map(|(_, bindings)| bindings.as_array().into_iter().flatten());
    let checks = [
        (user.is_empty() || user.starts_with('0') || user.starts_with("root"), "runs as root"),
        (host["ReadonlyRootfs"] != true, "can write its root"),
        (words(&host["CapDrop"]) != ["ALL"] || !words(&host["CapAdd"]).is_empty(), "has capabilities"),
        (host["Privileged"] != false, "is privileged"),
        (!words(&host["SecurityOpt"]).contains(&"no-new-privileges:true".to_owned()), "can gain privileges"),
        (bindings.any(|binding| binding["HostIp"] != "127.0.0.1"), "publishes a port to other machines"),
    ];
    checks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, fault)| fault).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn confined() -> Value {
        json!({
            "Config": { "User": "65532:65532" },
            "HostConfig": {
                "ReadonlyRootfs": true,
                "CapDrop": ["ALL"],
                "CapAdd": null,
                "Privileged": false,
                "SecurityOpt": ["no-new-privileges:true"],
                "PortBindings": { "3001/tcp": [{ "HostIp": "127.0.0.1", "HostPort": "3001" }] },
            },
        })
    }

    #[test]
    fn each_freedom_that_is_not_needed_is_a_fault() {
        assert!(faults(&confined()).is_empty());
        for (pointer, freer) in [
            ("/Config/User", json!("")),
            ("/Config/User", json!("0:0")),
            ("/HostConfig/ReadonlyRootfs", json!(false)),
            ("/HostConfig/CapDrop", json!(null)),
            ("/HostConfig/CapAdd", json!(["CHOWN"])),
            ("/HostConfig/Privileged", json!(true)),
            ("/HostConfig/SecurityOpt", json!([])),
            ("/HostConfig/PortBindings", json!({ "3001/tcp": [{ "HostIp": "", "HostPort": "3001" }] })),
        ] {
            let mut container = confined();
            *container.pointer_mut(pointer).expect("a part of it") = freer;
            assert_eq!(faults(&container).len(), 1, "{pointer}");
        }
    }
}
