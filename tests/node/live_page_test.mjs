// The demo's live page in Chromium: axe in light and dark, 320 px, keyboard, policy, languages.
// test: timeout=240
// RAPPORT_PICTURE names a file for a picture of the page.
import {spawn} from 'node:child_process';
import {createRequire} from 'node:module';
import {existsSync, mkdtempSync, readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url)), source = join(here, '../..');
const program = process.env.RAPPORT || join(source, 'build/release/rapport');
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
let passed = 0, failed = 0;

function that(holds, what, seen) {
  holds ? ++passed : ++failed;
  console.log(`${holds ? 'ok' : 'FAILED'}: ${what}${holds || seen === undefined ? '' : ' -- ' + JSON.stringify(seen).slice(0, 1500)}`);
}

async function startDemo() {
  const folder = mkdtempSync(join(process.env.RAPPORT_TMP || tmpdir(), 'rapport-page-'));
  const demo = spawn(program, ['--json', 'demo', '--data', join(folder, 'data'), '--seed', '3',
    '--listen', '127.0.0.1:0', '--sandbox-port', '0'],
  {stdio: ['ignore', 'pipe', 'inherit'], env: {...process.env, RAPPORT_CONNECTORS: join(source, 'connectors')}});
  const line = await new Promise((done, fail) => {
    let text = '';
    demo.stdout.on('data', piece => (text += piece).includes('\n') && done(text));
    demo.on('exit', code => fail(new Error(`the demo ended with ${code}`)));
  });
  return {demo, told: JSON.parse(line)};
}

async function axe(page, what) {
  await page.evaluate(readFileSync(join(here, 'node_modules/axe-core/axe.min.js'), 'utf8'));
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}));
  that(violations.length === 0, `axe finds nothing: ${what}`,
    violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html)]));
}

const waiting = page => page.evaluate(() => Number(
  [...document.querySelectorAll('dt')].find(t => t.textContent === 'Records that wait')?.nextSibling.textContent ?? -1));

async function checkPage(browser, url) {
  const page = await browser.newPage(), errors = [];
  page.on('console', m => m.type() === 'error' && errors.push(m.text()));
  page.on('pageerror', e => errors.push(String(e)));
  await page.setBypassCSP(false);
  await page.setViewport({width: 1280, height: 900});
  await page.goto(url);
  await page.waitForFunction(() => document.querySelectorAll('#talks tr').length >= 8 &&
    document.querySelectorAll('#remotes code').length >= 8, {timeout: 60000});
  that(true, 'conversations and records in the CRM appear by themselves');
  that(await page.evaluate(() => ['es', 'id'].every(l => document.querySelector(`#talks p[lang=${l}]`))),
    'Spanish and Indonesian messages say their language');
  that(await page.evaluate(() => document.querySelectorAll('[role=status]').length === 1),
    'there is one live region');
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}, {name: 'prefers-reduced-motion', value: 'reduce'}]);
    await axe(page, scheme);
  }
  that(await page.evaluate(() => document.getAnimations().length === 0), 'reduced motion is respected');
  await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: 'light'}]);
  await page.setViewport({width: 320, height: 640});
  that(await page.evaluate(() => document.documentElement.scrollWidth <= 320), 'at 320 px nothing is cut off',
    await page.evaluate(() => document.documentElement.scrollWidth));
  await axe(page, '320 px');
  await page.setViewport({width: 1280, height: 900});
  return {page, errors};
}

async function checkTrouble(page) {
  await page.focus('#trouble input:checked');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(() => /backing|again|reached/.test(document.querySelector('#sync').textContent), {timeout: 60000});
  that(await page.evaluate(() => document.querySelector('#trouble input:checked').value === 'down'),
    'the CRM goes down by keyboard, and the state says so');
  await page.waitForFunction(() => Number([...document.querySelectorAll('dt')]
    .find(t => t.textContent === 'Records that wait').nextSibling.textContent) >= 12, {timeout: 60000});
  await axe(page, 'in trouble');
  if (process.env.RAPPORT_PICTURE) await page.screenshot({path: process.env.RAPPORT_PICTURE});
  await page.keyboard.press('ArrowUp');
  const most = await waiting(page);
  await page.waitForFunction(() => Number([...document.querySelectorAll('dt')]
    .find(t => t.textContent === 'Records that wait').nextSibling.textContent) <= 4, {timeout: 60000});
  that(true, `healed by keyboard, a backlog of ${most} drains`);
  await page.waitForFunction(() => /0 of them twice/.test(document.querySelector('#crm-itself').textContent), {timeout: 20000});
  that(true, 'the page shows that nothing is twice');
}

async function checkPause(page) {
  await page.click('#pause');
  const before = await page.evaluate(() => document.querySelector('#talks').textContent);
  await new Promise(done => setTimeout(done, 4000));
  that(before === await page.evaluate(() => document.querySelector('#talks').textContent), 'Pause holds the page still');
  await page.click('#pause');
  that(before !== await page.evaluate(() => document.querySelector('#talks').textContent), 'and it goes on');
}

async function main() {
  if (!chromium) return console.log('skipped: there is no chromium');
  const puppeteer = createRequire(import.meta.url)('puppeteer-core');
  const {demo, told} = await startDemo();
  const browser = await puppeteer.launch({executablePath: chromium, args: ['--no-sandbox', '--disable-gpu']});
  try {
    const {page, errors} = await checkPage(browser, told.url);
    await checkTrouble(page);
    await checkPause(page);
    that(errors.length === 0, 'no error and no breach of the policy', errors);
    const plain = await browser.newPage();
    await plain.goto(told.url + '/live');
    that(await plain.evaluate(() => document.activeElement.id === 'key'), 'elsewhere the page asks for a key');
    await axe(plain, 'asking for a key');
  } catch (error) {
    that(false, 'the test came to its end', String(error));
  } finally {
    await browser.close();
    demo.removeAllListeners('exit');
    demo.kill('SIGTERM');
  }
}

await main();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
