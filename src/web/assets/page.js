// What makes the pages nicer where scripts run; each works without.

// The time zone that the browser lives in, where nobody has chosen one yet.
for (const select of document.querySelectorAll('select[data-guess="timezone"]')) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) continue;
  if (![...select.options].some((option) => option.value === zone))
    select.add(new Option(zone.replaceAll('_', ' '), zone));
  select.value = zone;
}

// What scripts do by themselves needs no button.
for (const element of document.querySelectorAll('[data-without-scripts]')) element.hidden = true;
