//! Whether containers started in the order of the map.

use std::time::Duration;

use anyhow::{Result, bail};

use super::stack::Plan;
use crate::say;

/// A moment of a container: its service, what happened, and when in nanoseconds.
type Moment = (String, String, i64);

const HEALTHY: &str = "health_status: healthy";

/// Fails unless each service started after all that it waits for were healthy.
pub fn check(plan: &Plan, moments: &[Moment]) -> Result<()> {
    let first = |service: &str, what: &str| {
        let mut times = moments.iter().filter(|(who, happened, _)| who == service && happened == what);
        times.next().map(|(_, _, time)| *time)
    };
    let mut healthy = Vec::new();
    for (service, waits_for) in &plan.waits_for {
        let Some(started) = first(service, "start") else { bail!("{service} never started") };
        let Some(well) = first(service, HEALTHY) else { bail!("{service} was never healthy") };
        healthy.push((well, service.as_str()));
        for other in waits_for {
            if first(other, HEALTHY).is_none_or(|well| well > started) {
                bail!("{service} started before {other} was healthy");
            }
        }
    }
    healthy.sort_unstable();
    let begin = moments.iter().map(|(.., time)| *time).min().unwrap_or_default();
    let after = |time: i64| Duration::from_nanos((time - begin).unsigned_abs()).as_secs_f32();
    let names: Vec<String> = healthy.iter().map(|(time, name)| format!("{name} {:.1} s", after(*time))).collect();
    say::note(format_args!("healthy in order: {}", names.join(", ")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let waits_for = [("auth".to_owned(), [].into()), ("event".to_owned(), ["auth".to_owned()].into())];
        Plan { waits_for: waits_for.into(), ..Plan::default() }
    }

    fn moments(moments: &[(&str, &str, i64)]) -> Vec<Moment> {
        moments.iter().map(|(who, what, when)| ((*who).to_owned(), (*what).to_owned(), *when)).collect()
    }

    #[test]
    fn a_service_starts_after_those_that_it_waits_for_are_healthy() {
        let good = [("auth", "start", 1), ("auth", HEALTHY, 2), ("event", "start", 3), ("event", HEALTHY, 4)];
        assert!(check(&plan(), &moments(&good)).is_ok());
        let early = [("auth", "start", 1), ("event", "start", 2), ("auth", HEALTHY, 3), ("event", HEALTHY, 4)];
        let error = check(&plan(), &moments(&early)).expect_err("event came early").to_string();
        assert_eq!(error, "event started before auth was healthy");
    }

    #[test]
    fn a_service_that_never_was_healthy_fails_the_test() {
        let never = [("auth", "start", 1), ("auth", "health_status: unhealthy", 2)];
        assert_eq!(check(&plan(), &moments(&never)).expect_err("not healthy").to_string(), "auth was never healthy");
        assert_eq!(check(&plan(), &[]).expect_err("not started").to_string(), "auth never started");
    }
}
