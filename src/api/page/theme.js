// Runs before the page is shown, so that it does not flash in the other colours first. No module: those run later.
{
  const theme = localStorage.getItem('sentiflux.theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
}
