// Signs in, asks the browser for a subscription, and hands it to the server: what an application does.

const worker = document.currentScript.dataset.worker;
const form = document.querySelector("#sign-in");
const said = document.querySelector("#said");
const [test, leave] = ["#test", "#leave"].map((name) => document.querySelector(name));
let token = "";
let subscription = null;

function say(text, isBad = false) {
  said.hidden = false;
  said.classList.toggle("bad", isBad);
  said.textContent = text;
}

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(`/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || answer.statusText);
  return found;
}

async function subscribe() {
  const { email, password } = Object.fromEntries(new FormData(form));
  token = (await call("POST", "auth/login", { email, password })).token;
  if ((await Notification.requestPermission()) !== "granted") throw new Error("The browser may show no notifications.");
  const registration = await navigator.serviceWorker.register(worker);
  const { publicKey } = await call("GET", "notifications/push/key");
  subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
  await call("POST", "notifications/push/subscribe", subscription.toJSON());
  test.disabled = leave.disabled = false;
  say(`Subscribed with ${new URL(subscription.endpoint).host}.`);
}

async function unsubscribe() {
  await call("POST", "notifications/push/unsubscribe", { endpoint: subscription.endpoint });
  await subscription.unsubscribe();
  test.disabled = leave.disabled = true;
  say("Nothing is pushed here any more.");
}

async function sendTest() {
  await call("POST", "notifications/test", { type: "chat_message", message: "This is how a push looks." });
  say("Sent. If your preferences want pushes of this kind, it comes in a moment.");
}

const tell = (action) => (event) => {
  event.preventDefault();
  action().catch((error) => say(error.message, true));
};
form.addEventListener("submit", tell(subscribe));
test.addEventListener("click", tell(sendTest));
leave.addEventListener("click", tell(unsubscribe));
