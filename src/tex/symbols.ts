function table(pairs: string): Map<string, string> {
  const words = pairs.trim().split(/\s+/);
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) found.set(words[at] as string, words[at + 1] as string);
  return found;
}

/** Combining marks of TeX's text accents, by command (`\'e`, `\v{s}`). */
export const textAccents = table(`
' \u0301 \` \u0300 ^ \u0302 " \u0308 ~ \u0303 = \u0304 . \u0307
u \u0306 v \u030c H \u030b c \u0327 k \u0328 r \u030a b \u0331 d \u0323 t \u0361`);

/** Letters and signs of text. */
export const textSymbols = table(`
ss ß SS ẞ o ø O Ø l ł L Ł ae æ AE Æ oe œ OE Œ aa å AA Å i ı j ȷ dh ð DH Ð th þ TH Þ dj đ DJ Đ ng ŋ NG Ŋ
S § P ¶ dag † ddag ‡ copyright © textcopyright © pounds £ textsterling £ euro € texteuro € textyen ¥ textdegree °
ldots … dots … textellipsis … textbackslash \\ textasciitilde ~ textasciicircum ^ textless < textgreater >
textbar | textunderscore _ textdollar $ textendash – textemdash — textregistered ® texttrademark ™
textquotedblleft “ textquotedblright ” textquoteleft ‘ textquoteright ’ textquotedbl " guillemotleft « guillemotright »
textbullet • textperiodcentered · textmu µ textpm ± texttimes × lq ‘ rq ’
LaTeX LaTeX TeX TeX BibTeX BibTeX eg e.g. ie i.e. etc etc. etal et\u00a0al.`);

/** Of the dressings, those that slant. */
export const italics = new Set(['emph', 'textit', 'textsl']);

/** Commands that only dress their argument. */
export const dressings = new Set(
  `emph textit textbf texttt textsc textrm textsf textsl textup textmd textnormal textlf text mbox hbox fbox makebox
  underline uline uwave sout ensuremath mathrm mathit mathsf mathtt mathbf mathcal mathscr mathfrak mathnormal boldsymbol
  bm pmb boldmath operatorname mathop mathbin mathrel mathord mathopen mathclose mathpunct url path nolinkurl num
  textsubscript lowercase uppercase smash phantom underbrace overbrace substack displaystyle`.split(/\s+/),
);

/** Declarations and spacings that take no argument and show nothing. */
export const silent = new Set(
  `em it bf rm sf tt sc sl bfseries itshape scshape ttfamily rmfamily sffamily mdseries upshape normalfont normalsize
  tiny scriptsize footnotesize small large Large LARGE huge Huge noindent indent centering raggedright par newline
  linebreak pagebreak newpage smallskip medskip bigskip hfill vfill relax protect left right middle big Big bigg Bigg
  bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm Bigm limits nolimits displaystyle textstyle scriptstyle nonumber
  allowbreak nobreak xspace unboldmath leavevmode null strut`.split(/\s+/),
);

/** Spaces by name or sign; `\!` and its like draw things together. */
export const spaces = new Map<string, string>([
  ...[
    ',',
    ';',
    ':',
    '>',
    ' ',
    '\n',
    '\t',
    '\\',
    'quad',
    'qquad',
    'space',
    'thinspace',
    'enspace',
    'medspace',
  ].map((name): [string, string] => [name, ' ']),
  ...['!', '/', '-', '@', 'negthinspace'].map((name): [string, string] => [name, '']),
]);
