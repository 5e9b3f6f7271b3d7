// What a note or a ticket says, read as a person would: who said what, in order.
const kEntities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const kContinued = ' (continued)';

function plain(html) {
  return html.replace(/<br>/g, '\n').replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => kEntities[name]);
}

// One note: the reference and numbers of its first line, its other lines, its messages.
export function readPart(html) {
  const paragraphs = [...html.matchAll(/<p>(.*?)<\/p>/gs)].map((match) => match[1]);
  if (paragraphs.map((p) => `<p>${p}</p>`).join('') !== html) return null;
  const first = plain(paragraphs[0] ?? '').match(/^(.+) part (\d+) of (\d+)$/);
  if (!first) return null;
  const part = { reference: first[1], number: Number(first[2]), of: Number(first[3]), lines: [], messages: [] };
  for (const paragraph of paragraphs.slice(1)) {
    const said = paragraph.match(/^<strong>(.*?)<\/strong> <em>(.*?)<\/em><br>(.*)$/s);
    if (said) part.messages.push({ author: plain(said[1]), at: said[2], text: plain(said[3]) });
    else part.lines.push(plain(paragraph));
  }
  return part;
}

// The parts of one conversation as one: pieces of a long message are joined again.
export function joinParts(parts) {
  const sorted = [...parts].sort((a, b) => a.number - b.number);
  const complete = sorted.every((part, i) => part.number === i + 1 && part.of === sorted.length);
  const messages = [];
  for (const message of sorted.flatMap((part) => part.messages)) {
    if (message.author.endsWith(kContinued)) messages.at(-1).text += message.text;
    else messages.push({ ...message });
  }
  return { complete, lines: sorted.flatMap((part) => part.lines), messages };
}

// Whether a plain text has all of these messages, one below the other, and where it stops.
export function saysInOrder(text, messages) {
  let from = 0;
  for (const [author, said] of messages) {
    const line = `] ${author}: ${said}\n`;
    const at = text.indexOf(line, from);
    if (at < 0) return `lacks, in this order: ${author}: ${said.slice(0, 80)}`;
    from = at + line.length;
  }
  return '';
}
