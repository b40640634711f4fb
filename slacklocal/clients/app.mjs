// A small release app on Slack's own clients: `node app.mjs bolt` is written with
// @slack/bolt, `node app.mjs socket-mode` with @slack/socket-mode and @slack/web-api.
// Both do the same, so that one Go test can play the people before either. It ends
// when its standard input does.
import bolt from "@slack/bolt";
import { SocketModeClient } from "@slack/socket-mode";
import { WebClient } from "@slack/web-api";

const slackApiUrl = process.env.SLACK_API_URL;
const token = process.env.SLACK_BOT_TOKEN;
const appToken = process.env.SLACK_APP_TOKEN;

const plain = (text) => ({ type: "plain_text", text });

const card = [
  { type: "header", text: plain("Release shop 1.4.2") },
  { type: "section", text: { type: "mrkdwn", text: "Asked for by <@U0ANN>" } },
  {
    type: "actions",
    block_id: "decide",
    elements: [
      { type: "button", action_id: "approve", value: "p1", style: "primary", text: plain("Approve") },
      { type: "button", action_id: "reject", value: "p1", style: "danger", text: plain("Reject") },
    ],
  },
];

const form = (message) => ({
  type: "modal",
  callback_id: "reject",
  private_metadata: JSON.stringify({ channel: message.channel, ts: message.ts }),
  title: plain("Reject"),
  submit: plain("Reject"),
  blocks: [
    {
      type: "input",
      block_id: "reason",
      label: plain("Reason"),
      element: { type: "plain_text_input", action_id: "text", multiline: true },
    },
  ],
});

// wrong returns what is wrong with a reason, by block_id, or nothing.
const wrong = (reason) => (reason.length < 5 ? { reason: "Please say more" } : undefined);

async function rejected(client, view) {
  const { channel, ts } = JSON.parse(view.private_metadata);
  const reason = view.state.values.reason.text.value;
  await client.chat.update({ channel, ts, text: `rejected: ${reason}` });
}

async function withBolt() {
  const app = new bolt.App({
    token,
    appToken,
    socketMode: true,
    clientOptions: { slackApiUrl },
    logLevel: bolt.LogLevel.ERROR,
  });
  app.event("app_mention", async ({ event, client }) => {
    await client.chat.postMessage({
      channel: event.channel, thread_ts: event.ts, text: "waiting for approval", blocks: card,
      metadata: { event_type: "card", event_payload: { key: "k1" } },
    });
  });
  app.message(async ({ message, say }) => {
    if (message.channel_type === "im") await say(`you said: ${message.text}`);
  });
  app.action("approve", async ({ ack, body, client, respond }) => {
    await ack();
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: `approved by <@${body.user.id}>` });
    await respond({ text: "thank you", replace_original: false });
  });
  app.action("reject", async ({ ack, body, client }) => {
    await ack();
    await client.views.open({ trigger_id: body.trigger_id, view: form({ channel: body.channel.id, ts: body.message.ts }) });
  });
  app.view("reject", async ({ ack, view, client }) => {
    const errors = wrong(view.state.values.reason.text.value);
    if (errors) {
      await ack({ response_action: "errors", errors });
      return;
    }
    await ack();
    await rejected(client, view);
  });
  app.command("/release", async ({ command, ack, respond }) => {
    await ack(`looking at ${command.text}`);
    await respond("all healthy");
  });
  await app.start();
  return () => app.stop();
}

async function withSocketMode() {
  const web = new WebClient(token, { slackApiUrl });
  const socket = new SocketModeClient({ appToken, clientOptions: { slackApiUrl }, clientPingTimeout: 600, logLevel: "error" });
  const respond = async (url, body) => {
    await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  };
  await web.auth.test();
  socket.on("app_mention", async ({ event, ack }) => {
    await ack();
    await web.chat.postMessage({
      channel: event.channel, thread_ts: event.ts, text: "waiting for approval", blocks: card,
      metadata: { event_type: "card", event_payload: { key: "k1" } },
    });
  });
  socket.on("message", async ({ event, ack }) => {
    await ack();
    if (event.channel_type === "im" && !event.bot_id && !event.subtype) {
      await web.chat.postMessage({ channel: event.channel, text: `you said: ${event.text}` });
    }
  });
  socket.on("interactive", async ({ body, ack }) => {
    if (body.type === "view_submission") {
      const errors = wrong(body.view.state.values.reason.text.value);
      await ack(errors ? { response_action: "errors", errors } : undefined);
      if (!errors) await rejected(web, body.view);
      return;
    }
    await ack();
    const message = { channel: body.channel.id, ts: body.message.ts };
    if (body.actions[0].action_id === "reject") {
      await web.views.open({ trigger_id: body.trigger_id, view: form(message) });
      return;
    }
    await web.chat.update({ ...message, text: `approved by <@${body.user.id}>` });
    await respond(body.response_url, { text: "thank you", replace_original: false });
  });
  socket.on("slash_commands", async ({ body, ack }) => {
    await ack({ text: `looking at ${body.text}` });
    await respond(body.response_url, { text: "all healthy" });
  });
  await socket.start();
  return () => socket.disconnect();
}

const stop = await (process.argv[2] === "bolt" ? withBolt() : withSocketMode());
process.stdin.resume();
process.stdin.on("end", async () => {
  await stop();
  process.exit(0);
});
