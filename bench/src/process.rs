//! What the system knows of a process: the time it has had on a core, and its memory.

use std::{fs, time::Duration};

/// The unit of the times in `/proc`: `USER_HZ` is 100 on every architecture that Linux programs see today.
const TICK: Duration = Duration::from_millis(10);

/// The core time of a process so far; `None` where the system has no `/proc`.
pub fn cpu(pid: u32) -> Option<Duration> {
    cpu_by_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The memory of a process in MiB.
pub fn resident(pid: u32) -> Option<f64> {
    resident_by_status(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// The time that all cores together have worked so far, for whomever.
pub fn machine() -> Option<Duration> {
    machine_by_stat(&fs::read_to_string("/proc/stat").ok()?)
}

fn cpu_by_stat(stat: &str) -> Option<Duration> {
    // The name in parentheses may hold spaces and parentheses of its own.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut times = rest.split(' ').skip(11);
    let (user, system): (u32, u32) = (times.next()?.parse().ok()?, times.next()?.parse().ok()?);
    Some(TICK * user.saturating_add(system))
}

fn resident_by_status(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

fn machine_by_stat(stat: &str) -> Option<Duration> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<f64> = line.split_whitespace().map_while(|time| time.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal; what guests use is part of user.
    let work: f64 = [0, 1, 2, 5, 6, 7].iter().filter_map(|field| times.get(*field)).sum();
    Some(TICK.mul_f64(work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processs_time_is_user_and_system_together() {
        let stat = "5 (a) b) S 1 5 5 0 -1 4 9 9 9 9 130 20 1 1 20 0 3 0 777 100 5";
        assert_eq!(cpu_by_stat(stat), Some(Duration::from_millis(1500)));
        assert_eq!(cpu_by_stat("nonsense"), None);
    }

    #[test]
    fn memory_is_read_in_mebibytes() {
        let status = "Name:\tticket\nVmHWM:\t 4096 kB\nVmRSS:\t    2048 kB\n";
        assert_eq!(resident_by_status(status), Some(2.0));
        assert_eq!(resident_by_status(""), None);
    }

    #[test]
    fn waiting_is_not_work() {
        let stat = "cpu  100 0 50 9000 700 0 30 20 5 0\ncpu0 1 1 1 1\n";
        assert_eq!(machine_by_stat(stat), Some(Duration::from_secs(2)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_time_and_memory() {
        let pid = std::process::id();
        assert!(cpu(pid).is_some() && machine().is_some());
        assert!(resident(pid).is_some_and(|mib| mib > 0.5));
    }
}
