// What makes the pages nicer where scripts run; each works without.

