import type { Reason } from './reasons.ts';

/**
 * What mail systems say, in the order in which it is to be believed: a line further up is more telling than one
 * below it, and all of them more than the codes. Matched against `normaliseReply`'s text, so `{@}` and
 * `{name}` stand for addresses and host names.
 */
export const textRules: readonly (readonly [Reason | 'user_unknown_if_certain', RegExp])[] = [
  ['virus', /\b(?:virus|malware|infected|trojan|worm)/],
  ['greylisted', /gr[ae]y ?-?list/],
  [
    'sender_rejected',
    /domain of sender|sender(?:'s)? (?:e-?mail )?(?:address|domain|verif\w+)?[^.;]{0,40}(?:rejected|denied|not exist|not found|fail|invalid|refused|unknown|not verified|unresolvable)/,
  ],
  [
    'sender_rejected',
    /mail from [^.;]{0,80}(?:rejected|denied|refused)|identities failed the check|address is not verified|no access from mail server|envelope sender|(?:in|of|your) from:? (?:header|address|field)|invalid sender/,
  ],
  [
    'auth_failure',
    /dmarc|dkim|\bspf\b|sender policy framework|unauthenticated e-?mail|authentication (?:checks?|information|failure|results?)|not (?:pass|authenticated)|authentication failed/,
  ],
  [
    'relaying_denied',
    /relay(?:ing)?\b[^.;]{0,30}(?:denied|not (?:permitted|allowed|authorized)|prohibited|disallowed|refused)|not (?:permitted|allowed|authorized) to (?:send|relay)|(?:no|unable to|cannot|can't|not|won't|don't|configured to) relay|require(?:s|d)? authentication|smtp auth|not local|open relay/,
  ],
  [
    'no_mail_accepted',
    /null mx|no smtp service|(?:host|domain|{name}|address)[^.;]{0,20}(?:does(?:n't| not)|never) (?:accept|receive)s? (?:any )?e?-?mail/,
  ],
  [
    'too_big',
    /(?:message|mail|size|content)[^.;]{0,40}(?:too (?:big|large)|exceed\w* [^.;]{0,40}(?:size|limit|maximum|bytes))|(?:message|mail) ?(?:size )?limit|too large|maximum (?:message|mail) size/,
  ],
  [
    'rate_limited',
    /too (?:many|much|fast)|rate ?-?limit|\bthrottl|frequen(?:cy|tly)|sent to too|unexpected volume|(?:limit|quota)[^.;]{0,30}per (?:hour|day|minute)|(?:hourly|daily|connection) (?:limit|quota)|receiving mail (?:at|too)|excessive/,
  ],
  [
    'mailbox_full',
    /quota|(?:mail ?box|mail ?folder|inbox|user|account|storage|maildrop|bo[iî]te)[^.;]{0,40}\b(?:full|exceed\w*|over|pleine)\b|out of storage|(?:over|exceed\w*|insufficient|not enough|no) [^.;]{0,20}(?:storage|space left)|一杯/,
  ],
  [
    'system_full',
    /disk (?:space|full)|(?:insufficient|not enough) (?:system |disk )?(?:resources|space|storage)|file system full/,
  ],
  [
    'disabled',
    /(?:account|mail ?box|user|recipient(?! address)|compte)[^.;]{0,60}\b(?:disabled|suspend\w*|inactive|deactivated|frozen|locked|block(?:ed)?|closed|not active|terminated|expired|on hold|bloque)\b|(?:disabled|suspended|inactive|deactivated|expired|locked) (?:recipient|account|mail ?box|user|address)|not accepting (?:messages|mail)/,
  ],
  ['network_error', /not found, try again|host name lookup failure/],
  [
    'moved',
    /no longer (?:on|at|valid|available|exists?|active|in use|with|work|employ)|(?:user|recipient|address|mailbox|has|have) (?:has )?(?:moved|changed)|has left/,
  ],
  [
    'host_unknown',
    /account or domain may not exist|host (?:or domain name |\{name\} )?(?:not found|unknown|not known)|unknown (?:host|domain)|no such (?:host|domain)|domain[^.;]{0,40}(?:not (?:exist|found|reachable|valid|resolve)|n't exist|unknown|invalid|must exist|unreachable)|nxdomain|find (?:a mail exchanger|any host)|(?:no|bad|invalid) mx\b|name or service not known|unroute?able/,
  ],
  [
    'recipient_refused',
    /recipient(?:'s)? (?:preference|setting)|refused due to recipient|(?:message|mail) (?:was )?filtered|only accepts? mail from|not an? (?:\w+ )?member|members only|non-?members?|not (?:on|in) (?:the|my|their) (?:white|allow|guest) ?list/,
  ],
  [
    'user_unknown',
    /n't have an? [^.;]{0,60}account|(?:address|account|user|recipient|mail ?box|destinataire|alias|addressee)[^.;]{0,80}(?:does not|doesn't|did not|do not|not) (?:exist|found|known|recogni[sz]ed|valid|listed)|(?:address|recipient|user|account|mailbox)(?: name)? (?:couldn't be found|could not be found|unavailable or not found)|no (?:such )?mail ?box|invalid (?:recipient|mail ?box|final delivery user|local part|destination)|bad (?:destination|address|recipient)|(?:recipient|address|mailbox|user)[^.;]{0,30} invalid|not our customer|not an? (?:known|valid|local) (?:user|recipient|address|mailbox)|recipnotfound|bad-recipient|(?:bad|valid)rcptto|no one at this address|home directory|utilisateur inconnu|nessun utente|no existe|destinataire inconnu|recipient address rejected: access denied|virtual user|adresse d au moins un destinataire invalide|(?:mailbox|user|recipient|account) (?:is )?not found|name is not recognized/,
  ],
  [
    'user_unknown_if_certain',
    /(?:user|recipient|mailbox|account|address|local ?part|addressee)s? (?:is )?(?:unknown|not known)|(?:unknown|no such|nonexistent|non-existent) (?:or illegal )?(?:user|recipient|mail ?box|account|address(?!es| error)|local ?part|alias|person|addressee)|not (?:listed|known) (?:in|here)|no (?:user|mailbox|one|account) (?:here )?by that/,
  ],
  ['spam', /\bspam|\bu[bc]e\b|unsolicited|\bjunk\b|bulk (?:e-?)?mail|phish/],
  [
    'blocked',
    /\b(?:block(?:ed|list\w*|ing)|blacklist\w*|dnsbl|rbl|banned|reputation|listed (?:at|in|by|on))\b|reverse dns|\bptr\b|\{blocklist\}|\brdns\b|client host|mismatch\w* client ip|ip (?:address )?[^.;]{0,30}(?:not allowed|rejected|denied|refused)|unverifiable sending|network not allowed|service refus/,
  ],
  [
    'tls_required',
    /support (?:start)?tls|(?:start)?tls (?:is )?(?:required|not available|handshake|negotiation)|must issue a starttls|encryption (?:needed|required)/,
  ],
  [
    'policy',
    /polic(?:y|ies)|access (?:is )?denied|not (?:authorized|allowed|permitted)|unauthorized|prohibited|protocol violation|refus(?:ed|e) by|administrat\w+ (?:prohib|reject)/,
  ],
  [
    'content_rejected',
    /content[^.;:]{0,30}(?:reject|denied|filter|restrict|refus|block|not accept)|(?:forbidden|illegal|dangerous|prohibited|banned) (?:attachment|content|file)|attachment[^.;]{0,40}(?:not (?:allowed|accept)|reject|forbid|block)|header (?:error|missing)|malformed|(?:invalid|bad) mime|not (?:rfc|compliant)|\brfc[ -]?[2-9]\d{3}\b/,
  ],
  [
    'network_error',
    /connection (?:refused|reset|lost|dropped|failed|closed)|no route|network (?:is )?(?:error|unreachable)|(?:hop|hops)\b|\bloop|socket error|not reachable|unreachable|find a gateway|lookup (?:failure|failed|error)|dns error|name service|lame deleg/,
  ],
  [
    'expired',
    /expired|timed? ?-?out|failing for a long time|failed \d+ attempts|giving up|queue too long|not delivered within|last \d+ seconds|retry time|unable to deliver in|delivery time|for \d+ (?:days?|hours?)|did not accept our requests to connect|not responding|deferred|could not be delivered (?:for|within)|too old/,
  ],
];

/** Words that go with many reasons: believed only where neither the rules above nor a status code speak. */
export const vagueRules: readonly (readonly [Reason, RegExp])[] = [
  [
    'protocol_error',
    /not implemented|syntax error|unrecogni[sz]ed|bad sequence|invalid (?:command|parameter|argument)|protocol error/,
  ],
  [
    'system_error',
    /(?:system|internal|server|local|software|configuration|mailer|write|processing) (?:\w+ )?(?:error|failure|problem)|temporar(?:y|ily)|try (?:again|later)|resources|transaction failed|service (?:currently )?unavailable|unavailable/,
  ],
  [
    'recipient_refused',
    /(?:recipient|mail ?box|rcpt|destinataire)[^.;]{0,40}(?:reject|refus|denied|unavailable|not available)|on hold/,
  ],
  ['policy', /reject|denied|refused/],
];

/** Enhanced status codes (RFC 3463, its registry, and RFC 7505), for replies whose words say nothing. */
export const statusRules: readonly (readonly [Reason, RegExp])[] = [
  ['user_unknown', /^5\.1\.[13]$/],
  ['host_unknown', /^5\.(?:1\.2|4\.4)$/],
  ['moved', /^5\.1\.6$/],
  ['no_mail_accepted', /^5\.1\.10$/],
  ['sender_rejected', /^.\.1\.[78]$/],
  ['recipient_refused', /^.\.(?:1\.\d+|2\.0)$/],
  ['disabled', /^.\.2\.1$|^.\.7\.13$/],
  ['mailbox_full', /^.\.2\.2$/],
  ['too_big', /^.\.(?:2\.3|3\.4)$/],
  ['system_full', /^.\.3\.1$/],
  ['system_error', /^.\.(?:2|3)\.\d+$/],
  ['expired', /^.\.4\.7$/],
  ['network_error', /^.\.4\.\d+$/],
  ['protocol_error', /^.\.5\.\d+$/],
  ['content_rejected', /^.\.6\.\d+$/],
  ['auth_failure', /^.\.7\.(?:2[0-9]|509)$/],
  ['policy', /^.\.7\.\d+$/],
];

/** SMTP reply codes (RFC 5321), when nothing else speaks. */
export const replyRules: readonly (readonly [Reason, RegExp])[] = [
  ['mailbox_full', /^552$/],
  ['system_full', /^452$/],
  ['network_error', /^421$/],
  ['system_error', /^4/],
  ['protocol_error', /^50[0-4]$/],
];
