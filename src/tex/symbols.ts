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

/** Combining marks of mathematics' accents, by command (`\hat{x}`). */
export const mathAccents = table(`
hat \u0302 widehat \u0302 tilde \u0303 widetilde \u0303 bar \u0304 overline \u0304 vec \u20d7 dot \u0307
ddot \u0308 check \u030c breve \u0306 acute \u0301 grave \u0300 mathring \u030a underline \u0332`);

/** Letters and signs of text. */
export const textSymbols = table(`
ss ß SS ẞ o ø O Ø l ł L Ł ae æ AE Æ oe œ OE Œ aa å AA Å i ı j ȷ dh ð DH Ð th þ TH Þ dj đ DJ Đ ng ŋ NG Ŋ
S § P ¶ dag † ddag ‡ copyright © textcopyright © pounds £ textsterling £ euro € texteuro € textyen ¥ textdegree °
ldots … dots … textellipsis … textbackslash \\ textasciitilde ~ textasciicircum ^ textless < textgreater >
textbar | textunderscore _ textdollar $ textendash – textemdash — textregistered ® texttrademark ™
textquotedblleft “ textquotedblright ” textquoteleft ‘ textquoteright ’ textquotedbl " guillemotleft « guillemotright »
textbullet • textperiodcentered · textmu µ textpm ± texttimes × textsuperscript ^ lq ‘ rq ’
LaTeX LaTeX TeX TeX BibTeX BibTeX eg e.g. ie i.e. etc etc. etal et\u00a0al.`);

/** Signs of mathematics that stand without space. */
export const mathSymbols = table(`
alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ lambda λ mu μ
nu ν xi ξ omicron ο pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω
Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
infty ∞ partial ∂ nabla ∇ ell ℓ hbar ℏ Re ℜ Im ℑ aleph ℵ wp ℘ emptyset ∅ varnothing ∅ forall ∀ exists ∃ nexists ∄
neg ¬ lnot ¬ top ⊤ bot ⊥ angle ∠ triangle △ square □ Box □ blacksquare ■ star ⋆ ast ∗ bullet • circ ∘ degree °
dagger † ddagger ‡ prime ′ sum ∑ prod ∏ coprod ∐ int ∫ iint ∬ oint ∮ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂
bigvee ⋁ bigwedge ⋀ langle ⟨ rangle ⟩ lceil ⌈ rceil ⌉ lfloor ⌊ rfloor ⌋ lbrace { rbrace } lbrack [ rbrack ]
lvert | rvert | vert | lVert ‖ rVert ‖ Vert ‖ | ‖ backslash \\ cdots ⋯ vdots ⋮ ddots ⋱ ldots … dots … dotsc … dotsb ⋯
checkmark ✓ cmark ✓ xmark ✗ flat ♭ sharp ♯ natural ♮ clubsuit ♣ diamondsuit ♦ heartsuit ♥ spadesuit ♠ imath ı jmath ȷ
digamma ϝ complement ∁ surd √ colon : lt < gt > And & S § P ¶`);

/** Relations and binary operators: with space around when something stands on both sides. */
export const mathOperators = table(`
le ≤ leq ≤ leqslant ≤ ge ≥ geq ≥ geqslant ≥ ne ≠ neq ≠ ll ≪ gg ≫ approx ≈ sim ∼ simeq ≃ cong ≅ equiv ≡ asymp ≍
propto ∝ doteq ≐ triangleq ≜ coloneqq ≔ lesssim ≲ gtrsim ≳ prec ≺ succ ≻ preceq ⪯ succeq ⪰ in ∈ notin ∉ ni ∋
subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ subsetneq ⊊ nsubseteq ⊈ sqsubseteq ⊑ parallel ∥ perp ⊥ mid | nmid ∤ models ⊨ vdash ⊢
to → rightarrow → longrightarrow ⟶ leftarrow ← gets ← longleftarrow ⟵ leftrightarrow ↔ longleftrightarrow ⟷
Rightarrow ⇒ Longrightarrow ⟹ implies ⟹ Leftarrow ⇐ impliedby ⟸ Leftrightarrow ⇔ iff ⟺ mapsto ↦ longmapsto ⟼
hookrightarrow ↪ rightharpoonup ⇀ rightleftharpoons ⇌ uparrow ↑ downarrow ↓ updownarrow ↕ nearrow ↗ searrow ↘
rightsquigarrow ⇝ leadsto ⇝ upharpoonright ↾
times × cdot · div ÷ pm ± mp ∓ cap ∩ cup ∪ setminus ∖ smallsetminus ∖ oplus ⊕ ominus ⊖ otimes ⊗ odot ⊙ wedge ∧ land ∧ vee ∨ lor ∨
sqcup ⊔ sqcap ⊓ uplus ⊎ bowtie ⋈ ltimes ⋉ rtimes ⋊ triangleleft ◁ triangleright ▷ Vdash ⊩`);

/** Functions written upright by their name. */
export const mathFunctions = new Set(
  `log ln lg exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan max min sup inf lim limsup liminf
  arg argmax argmin det dim ker hom deg gcd lcm Pr mod bmod poly polylog rank tr diag sgn sign softmax`.split(
    /\s+/,
  ),
);

/** Commands that only dress their argument, in text and mathematics. */
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
