/** Whether an Accept header (RFC 9110 §12.5.1; absent: anything) takes a media type. */
export function accepts(header: string | undefined, type: string): boolean {
  if (header === undefined || header.trim() === '') return true;
  const [kind] = type.split('/');
  // The most exact range that names the type decides.
  const ranges = [type, `${kind}/*`, '*/*'];
  const weights = new Map(
    header.split(',').map((one) => {
      const [range = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [range, weight === undefined ? 1 : Number(weight)] as const;
    }),
  );
  const decisive = ranges.find((range) => weights.has(range));
  return decisive !== undefined && (weights.get(decisive) ?? 0) > 0;
}
