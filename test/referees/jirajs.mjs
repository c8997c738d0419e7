// What jira.js, whose authors hold its schemas against a real site, accepts of the simulated one. Every
// answer that does not fit a schema throws.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import assert from 'node:assert/strict';

const require = createRequire(process.env.CACHE + '/');
const found = require.resolve.paths('jira.js')[0] + '/jira.js/dist/index.js';
const { createCloudClient } = await import(pathToFileURL(found));
const auth = { type: 'basic', email: 'svc.defender@example.com', apiToken: 'simulated-api-token' };
const jira = createCloudClient({ host: process.env.JIRA, auth, onSchemaMismatch: 'throw' });
const adf = (text) => ({
  type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text }] }],
});
let claims = 0;
async function holds(claim, work) {
  try {
    const answer = await work();
    claims += 1;
    return answer;
  } catch (e) {
    console.error(`FAILED: ${claim}: ${e.message}\n${JSON.stringify(e.issues ?? e.cause ?? '', null, 1)}`.slice(0, 3000));
    process.exitCode = 1;
    return undefined;
  }
}
const refused = (claim, status, work) => holds(claim, async () => {
  await assert.rejects(work, (e) => (e.status ?? e.response?.status ?? e.statusCode) === status);
});

const me = await holds('who we are', () => jira.myself.getCurrentUser());
assert.ok(me?.accountId);
await holds('the server', () => jira.serverInfo.getServerInfo());
await holds('fields', () => jira.issueFields.getFields());
await holds('permissions', () => jira.permissions.getMyPermissions({ projectKey: 'SEC', permissions: 'CREATE_ISSUES' }));
await holds('create metadata, types', () => jira.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: 'SEC' }));
await holds('create metadata, fields', () => jira.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey: 'SEC', issueTypeId: '10004' }));
const fields = { project: { key: 'SEC' }, issuetype: { name: 'Task' }, summary: 'One', description: adf('What'), labels: ['a'] };
const one = await holds('creating', () => jira.issues.createIssue({ fields, properties: [{ key: 'k', value: { n: 1 } }] }));
const many = await holds('creating in bulk', () => jira.issues.createIssues({ issueUpdates: [{ fields }, { fields: { ...fields, summary: 'Two' } }] }));
assert.equal(many?.issues?.length, 2);
const id = one.id;
await holds('reading', () => jira.issues.getIssue({ issueIdOrKey: id }));
await holds('reading many', () => jira.issues.bulkFetchIssues({ issueIdsOrKeys: [id], fields: ['summary', 'status', 'comment'] }));
await holds('editing', () => jira.issues.editIssue({ issueIdOrKey: id, fields: { summary: 'New' }, update: { labels: [{ add: 'b' }] } }));
await holds('edit metadata', () => jira.issues.getEditIssueMeta({ issueIdOrKey: id }));
const steps = await holds('transitions', () => jira.issues.getTransitions({ issueIdOrKey: id, expand: 'transitions.fields' }));
assert.deepEqual(steps?.transitions?.map((t) => t.name), ['Start work']);
await holds('moving', () => jira.issues.doTransition({ issueIdOrKey: id, transition: { id: '11' } }));
await refused('a transition without its resolution', 400, () => jira.issues.doTransition({ issueIdOrKey: id, transition: { id: '31' } }));
await holds('finishing', () => jira.issues.doTransition({ issueIdOrKey: id, transition: { id: '31' }, fields: { resolution: { name: 'Done' } } }));
await holds('commenting', () => jira.issueComments.addComment({ issueIdOrKey: id, body: adf('Hello') }));
await holds('comments', () => jira.issueComments.getComments({ issueIdOrKey: id }));
await holds('a remote link', () => jira.issueRemoteLinks.createOrUpdateRemoteIssueLink({ issueIdOrKey: id, globalId: 'g', object: { url: 'https://x.example', title: 'x' } }));
await holds('searching', () => jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({ jql: 'project = SEC ORDER BY updated ASC', fields: ['summary', 'status'], maxResults: 1 }));
await holds('history', () => jira.issues.getChangeLogs({ issueIdOrKey: id }));
await holds('history of many', () => jira.issues.getBulkChangelogs({ issueIdsOrKeys: [id], fieldIds: ['labels'] }));
await holds('people', () => jira.userSearch.findAssignableUsers({ project: 'SEC', query: 'mia@example.com' }));
await refused('an issue that is not there', 404, () => jira.issues.getIssue({ issueIdOrKey: 'SEC-999' }));
await refused('a search without bounds', 400, () => jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({ jql: 'ORDER BY updated' }));
console.log(`jira.js accepted ${claims} claims`);
