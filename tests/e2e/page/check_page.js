// Looks at a page in a headless Chromium: node check_page.js PAGE FOLDER. Prints, as JSON, what it saw: errors, requests
// that left the page, what axe-core finds against accessibility, whether it is wider than its window, and how long it took
// to open; with a picture of each look in FOLDER.
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');

const LOOKS = [
  { width: 1600, scheme: 'light' },
  { width: 1600, scheme: 'dark' },
  { width: 400, scheme: 'light' },
  { width: 400, scheme: 'dark' },
];

async function look(browser, page_file, folder, { width, scheme }) {
  const seen = { width, scheme, errors: [], requests: [], violations: [] };
  // Scripts of the page's own are not to run, but those that look at it are.
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: true });
  const page = await context.newPage();
  page.on('console', (message) => { if (message.type() === 'error') seen.errors.push(message.text()); });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  const address = 'file://' + path.resolve(page_file);
  page.on('request', (request) => { if (request.url() !== address) seen.requests.push(request.url()); });
  const start = Date.now();
  await page.goto(address, { waitUntil: 'load' });
  seen.milliseconds = Date.now() - start;
  seen.title = await page.title();
  seen.figures = await page.locator('figure svg').count();
  seen.overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.evaluate(() => document.querySelectorAll('details').forEach((element) => { element.open = true; }));
  await page.screenshot({ path: path.join(folder, `page-${width}-${scheme}.png`) });
  // Of a picture its name and description count here; thousands of lines in it would take minutes to look at.
  await page.evaluate(() => document.querySelectorAll('figure svg > *').forEach((element) => {
    if (element.tagName !== 'title' && element.tagName !== 'desc') element.remove();
  }));
  await page.evaluate(fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = await page.evaluate(() => window.axe.run(document));
  seen.violations = found.violations.map((rule) => ({
    id: rule.id, help: rule.help, nodes: rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) }));
  await context.close();
  return seen;
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
                                          args: ['--no-sandbox'] });
  const seen = [];
  for (const one of LOOKS) seen.push(await look(browser, process.argv[2], process.argv[3], one));
  await browser.close();
  console.log(JSON.stringify(seen));
})().catch((error) => { console.error(error); process.exit(1); });
