'use strict';
// Shows the live stream of a workspace. Everything that comes from data is set as text.
(() => {
  const $ = id => document.getElementById(id);
  const demo = 'demo' in document.body.dataset;
  const talks = new Map(), remotes = new Map(), waits = [];
  let connections = [], key = '', paused = false, drawing = false, told = '', toldAt = 0, first = true;

  function make(name, text, attributes) {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    for (const [k, v] of Object.entries(attributes || {})) node.setAttribute(k, v);
    return node;
  }
  const tag = language => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language) ? language : '';
  const names = { en: 'English', es: 'Spanish', id: 'Indonesian', de: 'German', pt: 'Portuguese', fr: 'French' };
  const number = n => typeof n === 'number' ? n.toLocaleString('en', { maximumFractionDigits: 1 }) : '–';

  // Tables: a row is made once and changed where it differs, so that nothing jumps.
  function talkCells(t) {
    const who = make('th', t.who || 'Somebody', { scope: 'row' });
    who.append(make('span', [t.channel, names[t.language] || t.language].filter(Boolean).join(' · ')));
    const tone = { escalated: 'warn', closed: 'good' }[t.status];
    const status = make('td');
    status.append(make('b', { escalated: 'asks for a person', closed: 'done', open: 'open' }[t.status] || t.status,
      tone ? { class: tone } : {}));
    status.append(make('span', t.messages + (t.messages === 1 ? ' message' : ' messages')));
    const last = make('td');
    if (t.last) {
      const lang = tag(t.language);
      last.append(make('p', t.last.text, lang ? { lang } : {}));
      last.append(make('span', { customer: 'the customer', ai: 'the assistant', agent: 'a person of support' }[t.last.author] || t.last.author));
    }
    return [who, status, last];
  }
  const kinds = { contact: 'person', account: 'company', conversation: 'of the conversation', ticket: 'escalation' };
  function remoteCells(r) {
    const what = make('th', r.object, { scope: 'row' });
    what.append(make('span', kinds[r.type] || r.type));
    const id = make('td');
    if (r.remote_id) id.append(make('code', r.remote_id));
    if (r.error) id.append(make('b', r.error, { class: 'bad' }));
    if (!r.remote_id && !r.error) id.append(make('span', 'on its way'));
    return [what, make('td', r.name), id];
  }
  function fill(body, rows, cells) {
    const there = new Map([...body.rows].map(row => [row.dataset.id, row]));
    const wanted = [...rows.values()].sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
    wanted.forEach((one, place) => {
      let row = there.get(one.id);
      const text = JSON.stringify(one);
      if (!row) {
        row = make('tr');
        row.dataset.id = one.id;
      }
      if (row.shown !== text) {
        row.shown = text;
        row.replaceChildren(...cells(one));
        row.classList.remove('fresh');
        if (!first) { void row.offsetWidth; row.classList.add('fresh'); }
      }
      there.delete(one.id);
      if (body.rows[place] !== row) body.insertBefore(row, body.rows[place] || null);
    });
    for (const row of there.values()) row.remove();
  }

  const states = {
    idle: ['up to date', 'good'], sending: ['sending', 'good'], behind: ['waiting to try again', 'warn'],
    quota: ['waits for the CRM’s quota', 'warn'], off_peak: ['waits for a quiet hour', 'warn'],
    backing_off: ['waiting to try again', 'warn'], open: ['cannot be reached', 'bad'],
    unreachable: ['cannot be reached', 'bad'], halted: ['needs somebody', 'bad'], paused: ['paused', 'warn'],
  };
  function stateOf(c) {
    let word = c.state || (c.halted ? 'halted' : 'idle');
    if (word === 'idle' && c.waiting && c.failures_in_a_row) word = 'behind';
    return states[word] || [word.replaceAll('_', ' '), 'warn'];
  }
  function showConnection(c) {
    const list = make('dl'), [word, tone] = stateOf(c);
    const add = (name, ...nodes) => {
      const value = make('dd');
      value.append(...nodes);
      list.append(make('dt', name), value);
    };
    add('Connection', `${c.id} (${c.vendor})`);
    add('State', make('span', word, tone ? { class: tone } : {}));
    if (c.why) add('Why', String(c.why));
    if (c.next_try_at) add('Next try', make('time', new Date(c.next_try_at).toLocaleTimeString('en-GB'), { datetime: c.next_try_at }));
    add('Records that wait', number(c.waiting));
    add('Records a second', number(c.records_per_s));
    add('Writes without outcome', number(c.open_writes));
    for (const w of (c.quota && c.quota.windows) || []) {
      const name = `Quota: ${w.window.replaceAll('_', ' ')}`;
      const text = `${number(w.used)} of ${number(w.limit)} `;
      const bar = make('progress', text, { max: w.limit || 1, value: Math.min(w.used, w.limit), 'aria-label': name });
      add(name, text, bar);
    }
    return list;
  }

  function chart() {
    const most = Math.max(1, ...waits.map(w => w.n)), end = Date.now();
    const points = waits.map(w => `${Math.round(240 - (end - w.at) / 500)},${Math.round(46 - 44 * w.n / most)}`);
    $('chart').firstElementChild.setAttribute('points', points.join(' '));
    const text = `Records that wait, over the last two minutes: now ${waits.length ? waits[waits.length - 1].n : 0}, at most ${waits.length ? most : 0}`;
    $('chart').setAttribute('aria-label', text);
    $('chart-text').textContent = text;
  }
  setInterval(() => {
    if (!connections.length) return;
    waits.push({ at: Date.now(), n: connections.reduce((sum, c) => sum + (c.waiting || 0), 0) });
    while (waits[0].at < Date.now() - 120000) waits.shift();
    if (!paused) chart();
  }, 1000);

  // What is read out: a change of state at once, figures seldom.
  function tell(text, now) {
    if (text === told || (!now && Date.now() < toldAt + 10000)) return;
    told = text;
    toldAt = Date.now();
    $('line').textContent = text;
  }
  function draw() {
    drawing = false;
    if (paused) return;
    fill($('talks'), talks, talkCells);
    fill($('remotes'), remotes, remoteCells);
    if (connections.length) $('sync').replaceChildren(...connections.map(showConnection));
    const state = connections.map(c => `${c.id}: ${stateOf(c)[0]}`).join(', ');
    const changed = draw.state !== state;
    draw.state = state;
    tell(`${talks.size} conversations, ${remotes.size} records in the CRM. ${state}`, changed || first);
    if (talks.size) first = false;
  }
  function later() {
    if (drawing) return;
    drawing = true;
    setTimeout(draw, 100);
  }
  const put = (rows, one) => one.gone ? rows.delete(one.id) : rows.set(one.id, one);
  const take = {
    snapshot(s) {
      talks.clear();
      remotes.clear();
      s.conversations.forEach(one => put(talks, one));
      s.crm.forEach(one => put(remotes, one));
      connections = s.connections;
    },
    conversation: one => put(talks, one),
    crm: one => put(remotes, one),
    connection(c) { connections = c.connections; },
  };
  function event(block) {
    let name = '', data = '';
    for (const line of block.split('\n')) {
      if (line.startsWith('event: ')) name = line.slice(7);
      if (line.startsWith('data: ')) data += line.slice(6);
    }
    if (!take[name]) return;
    take[name](JSON.parse(data));
    later();
  }
  async function read(response) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (text + value).split('\n\n');
      text = blocks.pop();
      blocks.forEach(event);
    }
  }
  async function follow() {
    for (let pause = 1; ; pause = Math.min(pause * 2, 15)) {
      try {
        const response = await fetch('/api/v1/live', { headers: { Authorization: 'Bearer ' + key } });
        if (response.status === 401 || response.status === 403) return ask((await response.json()).detail);
        if (response.ok) {
          $('enter').hidden = true;
          pause = 1;
          await read(response);
        }
      } catch { /* the server has gone: tried again below */ }
      tell(`The server does not answer. Next try in ${pause} s.`, true);
      await new Promise(done => setTimeout(done, pause * 1000));
      if (demo) await access().catch(() => {});  // a demo that began anew has another key
    }
  }
  function ask(why) {
    tell('A key is needed.', true);
    $('refused').textContent = why || '';
    $('enter').hidden = false;
    $('key').focus();
  }
  $('enter').addEventListener('submit', e => {
    e.preventDefault();
    key = $('key').value.trim();
    follow();
  });
  $('pause').addEventListener('click', () => {
    paused = !paused;
    $('pause').setAttribute('aria-pressed', paused);
    if (!paused) draw();
  });

  // The demo: its key, and its switches.
  async function access() {
    const response = await fetch('/demo');
    if (!response.ok) throw new Error('no key');
    const answer = await response.json();
    key = answer.key;
    if (!$('trouble').hidden) return;
    for (const one of answer.troubles) {
      const label = make('label');
      const choice = make('input', undefined, { type: 'radio', name: 'trouble', value: one.name });
      choice.checked = one.name === answer.trouble;
      choice.addEventListener('change', () => trouble(one.name));
      label.append(choice, one.label);
      $('trouble').append(label);
    }
    $('trouble').hidden = false;
  }
  const ask_demo = (path, body) => fetch(path, {
    method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
    headers: { Authorization: 'Bearer ' + key, 'Content-Type': 'application/json' },
  });
  async function trouble(name) {
    const response = await ask_demo('/demo/trouble', { trouble: name });
    if (!response.ok) tell('The sandbox did not take that.', true);
  }
  async function count() {
    if (document.hidden || paused) return;
    const response = await ask_demo('/demo/crm').catch(() => null);
    if (!response || !response.ok) return;
    const c = await response.json();
    $('crm-itself').textContent = `Asked itself, the CRM holds ${c.companies} companies, ${c.contacts} contacts, ${c.notes} notes and ${c.tickets} tickets; ${c.twice} of them twice.`;
    $('crm-itself').hidden = false;
  }
  if (!demo) return ask();
  setInterval(count, 4000);
  access().then(follow, () => ask());
})();
