// The conditions of this bench by engines of others, over the records that bench_cel exported:
//   node peers.mjs <folder> [seconds for each]
// Prints one JSON object per engine. Fields that a record lacks are filled so that no engine has to
// handle an error: that is kind to them. Words are told by prepared regular expressions.
import fs from 'node:fs'
import {Environment} from '@marcbachmann/cel-js'
import {evaluate as celEvaluate, parse as celParse} from 'cel-js'
import {Engine, Operator} from 'json-rules-engine'

const [folder, seconds = '6'] = process.argv.slice(2)
const read = name => fs.readFileSync(`${folder}/${name}`, 'utf8').trimEnd().split('\n')
const decided = read('decided.txt').map(Number)
const records = read('records.jsonl').slice(0, decided.length).map(line => fill(JSON.parse(line)))
const conditions = read('conditions.txt').map(line => line.split('\t')[2])

function fill({event, contact, account, ticket}) {
  return {
    event: {type: event.type, intents: event.intents ?? [], text: event.text ?? ''},
    contact: {
      email: contact.email ?? '',
      email_domain: contact.email_domain ?? '',
      free_mail: contact.free_mail ?? true,
    },
    account: {
      ltv: account.ltv ?? 0,
      retention_risk: account.retention_risk ?? '',
      upsell_potential: account.upsell_potential ?? '',
      tier: account.tier ?? '',
    },
    ticket: {subject: ticket.subject ?? '', tags: ticket.tags ?? [], amount: ticket.amount ?? 0},
  }
}

// text.hasAnyWord([…]) becomes words0(text), words1(text) …
const patterns = []
const sources = conditions.map(source =>
  source
    .replace(/([a-z.]+)\.hasAnyWord\(\[([^\]]*)\]\)/g, (_, text, words) => {
      const list = [...words.matchAll(/'([^']*)'/g)].map(match => match[1])
      patterns.push(new RegExp(`\\b(?:${list.join('|')})\\b`, 'i'))
      return `words${patterns.length - 1}(${text})`
    })
    .replace(/(> \d+)/g, '$1.0'))
const functions = Object.fromEntries(
  patterns.map((pattern, i) => [`words${i}`, text => pattern.test(text)]))

// Hand-written
const co25 = /\b(?:billing|refund|price)\b/i
const co26 = /\b(?:legal|lawyer|social media|twitter|facebook|instagram)\b/i
const co27 = /\b(?:billing|charge|payment|invoice)\b/i
const co28 = /\b(?:price|cost|expensive|budget)\b/i
function byHand({event, contact, account, ticket}) {
  let bits = 0
  const type = event.type
  if (type === 'message.received') {
    for (const intent of event.intents) {
      switch (intent) {
        case 'pricing': bits |= 1 << 0 | 1 << 8; break
        case 'competitor_comparison': bits |= 1 << 1; break
        case 'enterprise_features': bits |= 1 << 2; break
        case 'demo': case 'trial': bits |= 1 << 3 | 1 << 12; break
        case 'implementation_timeline': bits |= 1 << 4 | 1 << 11; break
        case 'faq': bits |= 1 << 5; break
        case 'plans': bits |= 1 << 8; break
        case 'use_case': case 'business_problem': bits |= 1 << 9; break
        case 'implementation': case 'setup': bits |= 1 << 10; break
        case 'decision_timeline': bits |= 1 << 11; break
        case 'meeting': bits |= 1 << 12; break
      }
    }
  }
  if (contact.email !== '') bits |= 1 << 6
  if (contact.email_domain !== '' && !contact.free_mail) bits |= 1 << 7
  if (account.ltv > 50000) bits |= 1 << 13
  if (account.retention_risk === 'high') bits |= 1 << 14
  if (account.upsell_potential === 'high') bits |= 1 << 15
  if (type === 'ticket.created' && ticket.tags.includes('cost')) bits |= 1 << 16
  if ((type === 'conversation.started' || type === 'message.received' ||
       type === 'ticket.created') && account.ltv > 25000) bits |= 1 << 17
  if ((account.tier === 'gold' || account.tier === 'platinum') && co25.test(ticket.subject))
    bits |= 1 << 18
  if (ticket.amount > 2000 || co26.test(event.text)) bits |= 1 << 19
  if (co27.test(event.text)) bits |= 1 << 20
  if (co28.test(event.text)) bits |= 1 << 21
  return bits
}

// @marcbachmann/cel-js, parsed once
function newerCel() {
  const environment = new Environment()
  for (const name of ['event', 'contact', 'account', 'ticket'])
    environment.registerVariable(name, 'map')
  for (const [name, test] of Object.entries(functions))
    environment.registerFunction(`${name}(dyn): bool`, test)
  const parsed = sources.map(source => environment.parse(source))
  return record => {
    let bits = 0
    for (let i = 0; i < parsed.length; i++) if (parsed[i](record) === true) bits |= 1 << i
    return bits
  }
}

// cel-js, parsed once
function olderCel() {
  const parsed = sources.map(source => {
    const result = celParse(source)
    if (!result.isSuccess) throw new Error(`${source}: ${result.errors}`)
    return result.cst
  })
  return record => {
    let bits = 0
    for (let i = 0; i < parsed.length; i++)
      if (celEvaluate(parsed[i], record, functions) === true) bits |= 1 << i
    return bits
  }
}

// json-rules-engine: one rule per condition, facts by path
function rulesEngine() {
  const engine = new Engine([], {allowUndefinedFacts: true})
  patterns.forEach((pattern, i) =>
    engine.addOperator(new Operator(`words${i}`, text => pattern.test(text))))
  const at = (path, operator, value) => {
    const [fact, field] = path.split('.')
    return {fact, path: `$.${field}`, operator, value}
  }
  const all = (...parts) => ({all: parts}), any = (...parts) => ({any: parts})
  const said = (...intents) => all(
    at('event.type', 'equal', 'message.received'),
    any(...intents.map(intent => at('event.intents', 'contains', intent))))
  const rules = [
    said('pricing'), said('competitor_comparison'), said('enterprise_features'),
    said('demo', 'trial'), said('implementation_timeline'), said('faq'),
    all(at('contact.email', 'notEqual', '')),
    all(at('contact.email_domain', 'notEqual', ''), at('contact.free_mail', 'equal', false)),
    said('pricing', 'plans'), said('use_case', 'business_problem'),
    said('implementation', 'setup'), said('implementation_timeline', 'decision_timeline'),
    said('demo', 'trial', 'meeting'),
    all(at('account.ltv', 'greaterThan', 50000)),
    all(at('account.retention_risk', 'equal', 'high')),
    all(at('account.upsell_potential', 'equal', 'high')),
    all(at('event.type', 'equal', 'ticket.created'), at('ticket.tags', 'contains', 'cost')),
    all(at('event.type', 'in', ['conversation.started', 'message.received', 'ticket.created']),
        at('account.ltv', 'greaterThan', 25000)),
    all(at('ticket.subject', 'words0', true), at('account.tier', 'in', ['gold', 'platinum'])),
    any(at('ticket.amount', 'greaterThan', 2000), at('event.text', 'words1', true),
        at('event.text', 'words2', true)),
    all(at('event.text', 'words3', true)),
    all(at('event.text', 'words4', true)),
  ]
  rules.forEach((rule, i) => engine.addRule({conditions: rule, event: {type: String(i)}}))
  return async record => {
    const {events} = await engine.run(record)
    let bits = 0
    for (const event of events) bits |= 1 << Number(event.type)
    return bits
  }
}

// The least time of a block, in nanoseconds per record, after a first pass that warms up and
// compares every decision with the hand-written C++'s.
async function measure(row, decide, checked, block) {
  for (let i = 0; i < checked; i++) {
    const bits = await decide(records[i])
    if (bits !== decided[i])
      throw new Error(`${row}: record ${i} gives ${bits}, expected ${decided[i]}`)
  }
  const waits = decide(records[0]) instanceof Promise
  let least = Infinity, sum = 0
  const end = performance.now() + Number(seconds) * 1000
  for (let from = 0; performance.now() < end; from = (from + block) % records.length) {
    const begin = performance.now()
    for (let i = from; i < Math.min(from + block, records.length); i++)
      sum += waits ? await decide(records[i]) : decide(records[i])
    if (from + block <= records.length)
      least = Math.min(least, (performance.now() - begin) * 1e6 / block)
  }
  console.log(JSON.stringify({row, ns: Math.round(least * 10) / 10, checked, sum}))
}

await measure('hand-written JavaScript', byHand, records.length, 2000)
await measure('@marcbachmann/cel-js 8.0.0', newerCel(), records.length, 2000)
await measure('cel-js 0.8.2', olderCel(), 5000, 500)
await measure('json-rules-engine 7.3.1', rulesEngine(), 500, 100)
