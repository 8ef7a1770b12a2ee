// A webhook receiver as most write it: what is not signed with the secret is refused.
import { createServer } from "node:http";
import { Webhooks, createNodeMiddleware } from "@octokit/webhooks";

const webhooks = new Webhooks({ secret: process.env.SECRET });
webhooks.onAny(({ id, name, payload }) => console.log(JSON.stringify({ id, name, action: payload.action ?? "" })));
webhooks.onError((error) => console.error(String(error)));
const server = createServer(createNodeMiddleware(webhooks, { path: "/webhook" }));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
