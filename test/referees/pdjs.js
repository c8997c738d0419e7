// Drives @pagerduty/pdjs, unmodified and under its own host names, against the simulated account.
'use strict';
const assert = require('assert');
const https = require('https');
const tls = require('tls');

// Every connection goes to the simulator; the certificate is checked against the vendor's name as ever.
https.globalAgent.createConnection = (options, done) => tls.connect(
    {...options, host: '127.0.0.1', port: Number(process.env.PORT), servername: options.hostname || options.host}, done);

const {api, event} = require('@pagerduty/pdjs');
const from = {From: 'svc.defender@acme.example'};
const pd = api({token: 'simulated-api-key', headers: from, retryTimeout: 1});
const reference = (id, type) => ({id, type: `${type}_reference`});

async function main() {
  const {resource: abilities} = await pd.get('/abilities');
  assert(abilities.includes('urgencies'));

  const {resource: priorities} = await pd.get('/priorities');
  assert.deepStrictEqual(priorities.map(p => p.name), ['P1', 'P2', 'P3', 'P4', 'P5']);
  const {resource: services} = await pd.get('/services', {data: {query: 'Defender'}});
  const {resource: users} = await pd.get('/users', {data: {query: 'beth@acme.example'}});
  assert.strictEqual(users[0].email, 'beth@acme.example');

  // Opened, refused a second time under its key, changed, annotated, resolved.
  const body = {incident: {
    type: 'incident', title: 'Ransomware', incident_key: 'key-1', urgency: 'high',
    service: reference(services[0].id, 'service'), priority: reference(priorities[1].id, 'priority'),
    body: {type: 'incident_body', details: 'What happened.'}}};
  const made = await pd.post('/incidents', {data: body});
  assert.strictEqual(made.response.status, 201);
  assert.strictEqual(made.resource.incident_key, 'key-1');
  const id = made.resource.id;
  const twin = await pd.post('/incidents', {data: body});
  assert.strictEqual(twin.response.status, 400);
  assert.strictEqual(twin.data.error.code, 2002);
  const put = await pd.put(`/incidents/${id}`, {data: {incident: {type: 'incident_reference', status: 'acknowledged',
    assignments: [{assignee: reference(users[0].id, 'user')}]}}});
  assert.strictEqual(put.resource.status, 'acknowledged');
  const note = await pd.post(`/incidents/${id}/notes`, {data: {note: {content: 'Called the user.'}}});
  assert.strictEqual(note.response.status, 200);
  const notes = await pd.get(`/incidents/${id}/notes`);
  assert.strictEqual(notes.data.notes[0].content, 'Called the user.');
  const one = await pd.get(`/incidents/${id}`, {queryParameters: {'include[]': ['body', 'custom_fields']}});
  assert.strictEqual(one.data.incident.body.details, 'What happened.');

  // The client's own paging goes through every page.
  for (let n = 0; n < 60; ++n) {
    const each = await pd.post('/incidents', {data: {incident: {
      type: 'incident', title: `N${n}`, service: reference(services[0].id, 'service')}}});
    assert.strictEqual(each.response.status, 201);
  }
  const all = await pd.all('/incidents', {queryParameters: {date_range: 'all', limit: 25, 'statuses[]': ['triggered', 'acknowledged']}});
  assert.strictEqual(all.resource.length, 61);
  const log = await pd.all('/log_entries', {queryParameters: {limit: 100, time_zone: 'UTC', 'include[]': ['incidents']}});
  assert(log.resource.length > 120);
  assert(log.resource.some(e => e.type === 'annotate_log_entry' && e.incident.id === id));
  const found = await pd.get('/incidents', {queryParameters: {incident_key: 'key-1', date_range: 'all'}});
  assert.deepStrictEqual(found.resource.map(i => i.id), [id]);

  // Many at once, all or none.
  const pair = all.resource.slice(1, 3).map(i => ({id: i.id, type: 'incident_reference', status: 'resolved'}));
  assert.strictEqual((await pd.put('/incidents', {data: {incidents: pair}})).data.incidents.length, 2);
  const none = await pd.put('/incidents', {data: {incidents: [
    {id, type: 'incident_reference', title: 'Changed'}, {id: 'PNOTHING', type: 'incident_reference', title: 'x'}]}});
  assert.strictEqual(none.response.status, 404);
  assert.strictEqual((await pd.get(`/incidents/${id}`)).data.incident.title, 'Ransomware');

  // Without a requester or with a wrong key nothing is done.
  const nobody = await api({token: 'simulated-api-key'}).put(`/incidents/${id}`, {data: {incident: {type: 'incident', status: 'resolved'}}});
  assert.strictEqual(nobody.response.status, 400);
  assert.strictEqual((await api({token: 'wrong'}).get('/abilities')).response.status, 401);
  const bearer = await api({token: 'simulated-api-key', tokenType: 'bearer'}).get('/abilities');
  assert.strictEqual(bearer.response.status, 401);

  // Events API v2: taken, and dropped where no alert is open.
  const routed = {routing_key: '0123456789abcdef0123456789abcdef', dedup_key: 'alert-1'};
  const payload = {summary: 'Disk', source: 'srv', severity: 'critical'};
  const triggered = await event({data: {...routed, event_action: 'trigger', payload}});
  assert.strictEqual(triggered.data.dedup_key, 'alert-1');
  assert.strictEqual(triggered.response.status, 202);
  const byAlert = await pd.get('/incidents', {queryParameters: {incident_key: 'alert-1', date_range: 'all'}});
  assert.strictEqual(byAlert.resource[0].incident_key, '');
  const dropped = await event({data: {...routed, dedup_key: 'unheard-of', event_action: 'resolve'}});
  assert.strictEqual(dropped.response.status, 202);
  const wrong = await event({data: {...routed, event_action: 'trigger', payload: {summary: 'No source'}}});
  assert.strictEqual(wrong.response.status, 400);
  console.log('@pagerduty/pdjs is content with the simulated account');
}
main().catch(problem => { console.error(problem); process.exit(1); });
