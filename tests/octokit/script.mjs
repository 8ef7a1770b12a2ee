// What a user's script does with Octokit: reads and writes as an installation of the App, page by page.
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";

const { API_URL: baseUrl, APP_ID: appId, PRIVATE_KEY: privateKey, OWNER: owner, REPO: repo } = process.env;
const app = new Octokit({ baseUrl, authStrategy: createAppAuth, auth: { appId, privateKey } });
const { data: installation } = await app.apps.getRepoInstallation({ owner, repo });
const auth = { appId, privateKey, installationId: installation.id };
const octokit = new Octokit({ baseUrl, authStrategy: createAppAuth, auth });
const here = { owner, repo };
const told = {};

const { data: repository } = await octokit.repos.get(here);
told.repository = repository.full_name;
const { data: commit } = await octokit.repos.getCommit({ ...here, ref: repository.default_branch });
told.message = commit.commit.message;
const { data: file } = await octokit.repos.getContent({ ...here, path: "main.py", ref: commit.sha });
told.file = Buffer.from(file.content, "base64").toString();

const { data: run } = await octokit.checks.create({ ...here, name: "script", head_sha: commit.sha, status: "in_progress" });
const annotation = { path: "main.py", start_line: 1, end_line: 1, annotation_level: "warning", message: "look here" };
const output = { title: "Done", summary: "All of it", annotations: [annotation] };
await octokit.checks.update({ ...here, check_run_id: run.id, status: "completed", conclusion: "neutral", output });
for (let number = 0; number < 3; number++)
  await octokit.checks.create({ ...here, name: `more ${number}`, head_sha: commit.sha, status: "queued" });
const runs = await octokit.paginate(octokit.checks.listForRef, { ...here, ref: commit.sha, per_page: 2 });
told.runs = runs.map((each) => `${each.name} ${each.status} ${each.conclusion}`).sort();
const annotations = await octokit.paginate(octokit.checks.listAnnotations, { ...here, check_run_id: run.id });
told.annotations = annotations.map((each) => each.message);

const { data: opened } = await octokit.pulls.create({ ...here, title: "An idea", head: "idea", base: "main" });
const { data: comment } = await octokit.issues.createComment({ ...here, issue_number: opened.number, body: "first" });
await octokit.issues.updateComment({ ...here, comment_id: comment.id, body: "second" });
await octokit.reactions.createForIssueComment({ ...here, comment_id: comment.id, content: "eyes" });
const comments = await octokit.paginate(octokit.issues.listComments, { ...here, issue_number: opened.number });
told.comments = comments.map((each) => each.body);
const merged = await octokit.pulls.merge({ ...here, pull_number: opened.number, merge_method: "squash" });
told.merged = merged.data.merged;

const { data: deployment } = await octokit.repos.createDeployment({
  ...here, ref: "main", environment: "production", auto_merge: false, required_contexts: [],
});
await octokit.repos.createDeploymentStatus({
  ...here, deployment_id: deployment.id, state: "success", environment_url: "https://x.example",
});
const { data: statuses } = await octokit.repos.listDeploymentStatuses({ ...here, deployment_id: deployment.id });
told.statuses = statuses.map((each) => each.state);

try {
  await octokit.repos.getContent({ ...here, path: "nowhere.py" });
} catch (error) {
  told.missing = { status: error.status, link: Boolean(error.response.data.documentation_url) };
}
console.log(JSON.stringify(told));
