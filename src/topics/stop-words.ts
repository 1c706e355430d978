/** English words that tell nothing about a text, and those that every abstract has. Folded, not stemmed. */
const stopWords = new Set(
  `a about above after again against all almost also although among an and any are as at be because been before
   being below between both but by can cannot could did do does doing don done dont down during each either etc
   even ever every few for from further get had has have having he her here hers him his how however i if in
   into is it its itself just least less let like many may me might mine more most much must my near need neither
   no nor not now of off often on once one only onto or other others our ours out over own per quite rather s
   same she should since so some such t than that the their theirs them then there therefore these they this those
   through thus to too toward towards under until up upon us use used uses using various very via was we well were
   what when where whereas whether which while who whom whose why will with within without would yet you your yours
   abstract approach approaches article based demonstrate demonstrates existing experiment experimental experiments
   extensive finally first furthermore introduce introduced introduces introducing method methods moreover new novel
   paper papers present presented presents propose proposed proposes proposing recent recently result results
   second several show showing shown shows significantly state-of-the-art study studies two three work works
   mainly mostly currently interested interest interests am im ive id want wants working`.split(/\s+/),
);

/** Whether a folded word is left out of free text. */
export function isStopWord(word: string): boolean {
  return stopWords.has(word);
}
