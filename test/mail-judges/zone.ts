import { createSocket } from 'node:dgram';

/** Records by lower-case name and type. */
export type Zone = Record<string, { A?: string[]; TXT?: string[]; MX?: string[]; PTR?: string[] }>;

export interface NameServer {
  address: string;
  port: number;
  /** `TYPE name` of all that was asked. */
  asked: string[];
  close(): Promise<void>;
}

const types = { A: 1, PTR: 12, MX: 15, TXT: 16 } as const;
const noSuchName = 3;

/**
 * A name server (RFC 1035) over UDP on loopback that knows one zone and that nothing else exists: those who judge mail
 * look up names, and the tests must not ask the world. `port` 0: any.
 */
export async function serveZone(zone: Zone, address = '127.0.0.1', port = 0): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    const wanted = (Object.keys(types) as (keyof typeof types)[]).find((one) => types[one] === type);
    asked.push(`${wanted ?? type} ${name}`);
    const known = zone[name];
    const answers = (wanted && known?.[wanted]) ?? [];
    const exists = known || Object.keys(zone).some((one) => one.endsWith(`.${name}`));
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    // An authoritative answer; recursion is there when it is asked for.
    header.writeUInt16BE(0x8580 | (exists ? 0 : noSuchName), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    const records = answers.map((data) => writeRecord(wanted ?? 'A', data));
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(port, address, resolve);
  });
  return {
    address,
    port: socket.address().port,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** The name of a record is a pointer to that of the question. */
function writeRecord(type: keyof typeof types, text: string): Buffer {
  const data = writeRecordData(type, text);
  const head = Buffer.from([
    0xc0,
    12,
    0,
    types[type],
    0,
    1,
    0,
    0,
    0,
    60,
    data.length >> 8,
    data.length & 255,
  ]);
  return Buffer.concat([head, data]);
}

function writeRecordData(type: keyof typeof types, text: string): Buffer {
  if (type === 'A') return Buffer.from(text.split('.').map(Number));
  if (type === 'PTR') return writeName(text);
  if (type === 'MX') return Buffer.concat([Buffer.from([0, 10]), writeName(text)]);
  const strings = text.match(/.{1,255}/gs) ?? [''];
  return Buffer.concat(strings.flatMap((one) => [Buffer.from([one.length]), Buffer.from(one, 'latin1')]));
}

function writeName(name: string): Buffer {
  const labels = name
    .split('.')
    .flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([...labels, Buffer.from([0])]);
}
