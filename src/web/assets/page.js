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

// The topic that is ticked for who has not chosen makes room for what they choose; ticked again, it stays beside it.
for (const usual of document.querySelectorAll('input[name="usual_topic"]')) {
  const { form } = usual;
  const box = [...form.querySelectorAll('input[name="topic"]')].find((one) => one.value === usual.value);
  const choose = ({ target }) => {
    if (!usual.isConnected || !target.matches('[name="topic"], [name="sentence"], [name="query"]')) return;
    if (target !== box && (target.type === 'checkbox' ? !target.checked : target.value.trim() === '')) return;
    if (target !== box) box.checked = false;
    usual.remove();
  };
  // Before the preview is asked for what is chosen.
  form.addEventListener('input', choose, true);
}
