import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

/**
 * Draws what `perf script` says of a process as a flame graph in SVG: a box is a function, as wide as the share of
 * samples in which it was running or waiting for one that it called, which stands on it.
 */

const HELP = `perf script -F comm,ip,sym -i perf.data | node bench/flame-graph.ts --title TEXT > graph.svg

  --title TEXT   the heading
  --least N      leave out boxes of less than N percent of the samples (1)
`;

const WIDTH = 1200;
const ROW = 17;
const TOP = 30;
/** Pixels of a letter in the font below, more or less. */
const LETTER = 6.2;
/** What every stack of Node's main thread begins with, and what says nothing. */
const NOISE =
  /^(_start|__libc_start.*|main|node::Start|node::NodeMainInstance::Run|node::SpinEventLoopInternal|uv_run|uv__io_poll|uv__stream_io|uv__read|\[unknown\]|entry_SYSCALL_64_after_hwframe|do_syscall_64|v8::Function::Call|v8::internal::.*(Invoke|Execution::.*Call)|Builtins_JSEntry.*|Builtins_(CallApiCallback|InterpreterEntry|Call_|CallFunction_|ArgumentsAdaptor|ReflectApply|FunctionPrototypeApply|CEntry_).*|node::(InternalMakeCallback|AsyncWrap::MakeCallback)|non-virtual thunk.*|.*::_FUN)$/;

interface Box {
  readonly name: string;
  readonly above: Map<string, Box>;
  samples: number;
}

const { values } = parseArgs({
  options: {
    title: { type: 'string', default: 'CPU' },
    least: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else process.stdout.write(drawing(readStacks(await text(process.stdin)), values.title, Number(values.least)));

/** Stacks as perf prints them: a line for the thread, then one a frame, innermost first; a blank line between. */
function readStacks(said: string): Box {
  const root = newBox('all');
  for (const block of said.split('\n\n')) {
    const [thread, ...lines] = block.split('\n').filter((line) => line.trim() !== '');
    if (thread === undefined || lines.length === 0) continue;
    const frames = lines.map(nameOf).filter((name) => !NOISE.test(name));
    root.samples += 1;
    let box = root;
    for (const name of [thread.trim(), ...frames.toReversed()]) {
      if (name === box.name) continue;
      const next = box.above.get(name) ?? newBox(name);
      box.above.set(name, next);
      next.samples += 1;
      box = next;
    }
  }
  return root;
}

function newBox(name: string): Box {
  return { name, above: new Map(), samples: 0 };
}

/** `7f3a… JS:~serveConnection file:///…/src/session/connection.ts:23:38+0x1c` → `serveConnection connection.ts:23`. */
function nameOf(line: string): string {
  const name = line.trim().replace(/^[0-9a-f]+ +/, '');
  return name
    .replace(/\+0x[0-9a-f]+$/, '')
    .replace(/^(JS|LazyCompile|Function|Script|RegExp):[~*^+']*/, '')
    .replace(/ (file:\/\/)?\/\S*\/(?=[^/\s]+$)/, ' ')
    .replace(/(:\d+):\d+$/, '$1')
    .replaceAll(/<[^<>]*(<[^<>]*>)?[^<>]*>/g, '');
}

function drawing(root: Box, title: string, least: number): string {
  const boxes: string[] = [];
  let height = 0;
  const draw = (box: Box, depth: number, x: number): void => {
    const width = (box.samples / root.samples) * WIDTH;
    if (width < (least / 100) * WIDTH) return;
    height = Math.max(height, depth);
    boxes.push(boxOf(box, { x, y: depth, width, share: (100 * box.samples) / root.samples }));
    let at = x;
    for (const next of [...box.above.values()].toSorted((a, b) => b.samples - a.samples)) {
      draw(next, depth + 1, at);
      at += (next.samples / root.samples) * WIDTH;
    }
  };
  draw(root, 0, 0);
  const pixels = TOP + (height + 1) * ROW;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${pixels}" font-family="monospace" font-size="10">
<title>${escaped(title)}</title>
<text x="4" y="18" font-size="14">${escaped(title)}, ${root.samples} samples</text>
${boxes.join('')}</svg>
`;
}

function boxOf(
  { name }: Box,
  { x, y, width, share }: { x: number; y: number; width: number; share: number },
): string {
  const letters = Math.floor((width - 4) / LETTER);
  const label = letters < 4 ? '' : escaped(name.length > letters ? `${name.slice(0, letters - 1)}…` : name);
  const top = TOP + y * ROW;
  const at = `x="${x.toFixed(1)}" y="${top}" width="${width.toFixed(1)}" height="${ROW - 1}"`;
  const box = `<rect ${at} fill="${colorOf(name)}"/><text x="${(x + 2).toFixed(1)}" y="${top + 12}">${label}</text>`;
  return `<g><title>${escaped(name)}: ${share.toFixed(1)} %</title>${box}</g>\n`;
}

/** Ours green, the rest of JavaScript yellow, Node and V8 orange, everything else (OpenSSL, libc, the kernel) red. */
function colorOf(name: string): string {
  if (/\.ts:\d+$/.test(name)) return '#9c6';
  if (/:\d+$/.test(name)) return '#ec5';
  return /^(node::|v8::|Builtins_)/.test(name) ? '#f93' : '#f76';
}

function escaped(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
