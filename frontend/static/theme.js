// Before the first paint: the theme that the visitor chose, if they did. The app changes it (src/theme.rs).
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: follow the system.
}
