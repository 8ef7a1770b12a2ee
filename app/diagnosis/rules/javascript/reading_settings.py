"""What clients of well-known services say when the variable with their key is not set: which one, while it is built or run."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.image import ran_place
from app.diagnosis.javascript.stacks import thrown_at
from app.diagnosis.places import variable
from app.diagnosis.rule import Hit, Words
from app.diagnosis.transcript import Kind
from app.model import Place

# What is said; whose it is; the variables that usually hold it, of which the first that the repository reads counts.
SETTINGS = (
    (r"Missing publishableKey\. You can get your key|@clerk/\S+: Missing publishableKey", "Clerk", ("NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY", "VITE_CLERK_PUBLISHABLE_KEY", "PUBLIC_CLERK_PUBLISHABLE_KEY")),
    (r"Missing secretKey\. You can get your key|Clerk: .*Missing secretKey", "Clerk", ("CLERK_SECRET_KEY",)),
    (r"supabaseUrl is required|Your project's URL and Key are required to create a Supabase client|[Ss]upabase_?[Uu]rl is required", "Supabase", ("NEXT_PUBLIC_SUPABASE_URL", "VITE_SUPABASE_URL", "PUBLIC_SUPABASE_URL", "SUPABASE_URL")),
    (r"supabaseKey is required", "Supabase", ("SUPABASE_SERVICE_ROLE_KEY", "NEXT_PUBLIC_SUPABASE_ANON_KEY", "VITE_SUPABASE_ANON_KEY", "SUPABASE_KEY", "SUPABASE_ANON_KEY")),
    (r"Neither apiKey nor config\.authenticator provided", "Stripe", ("STRIPE_SECRET_KEY", "STRIPE_API_KEY", "STRIPE_KEY")),
    (r"set the `?(?:OPENAI_API_KEY)`? environment variable|OPENAI_API_KEY environment variable is missing|Missing credentials\. Please pass an `apiKey`", "OpenAI", ("OPENAI_API_KEY",)),
    (r"Missing API key\. Pass it to the constructor `new Resend", "Resend", ("RESEND_API_KEY",)),
    (r"MissingSecret: |NO_SECRET|MissingSecretError", "Auth.js", ("AUTH_SECRET", "NEXTAUTH_SECRET")),
    (r"UntrustedHost: Host must be trusted", "Auth.js", ("AUTH_TRUST_HOST", "NEXTAUTH_URL")),
    (r"You are using the default secret", "Better Auth", ("BETTER_AUTH_SECRET",)),
    (r"auth/invalid-api-key|Firebase: Error \(auth/invalid-api-key\)", "Firebase", ("NEXT_PUBLIC_FIREBASE_API_KEY", "VITE_FIREBASE_API_KEY", "FIREBASE_API_KEY")),
    (r"Service account object must contain a string \"(?:project_id|private_key|client_email)\"|Failed to parse (?:service account|private key)", "Firebase", ("FIREBASE_PRIVATE_KEY", "FIREBASE_SERVICE_ACCOUNT", "FIREBASE_SERVICE_ACCOUNT_KEY", "GOOGLE_APPLICATION_CREDENTIALS_JSON")),
    (r"Configuration must contain `projectId`", "Sanity", ("NEXT_PUBLIC_SANITY_PROJECT_ID", "SANITY_PROJECT_ID", "SANITY_STUDIO_PROJECT_ID")),
    (r"Expected parameter accessToken|The access token you sent could not be found", "Contentful", ("CONTENTFUL_ACCESS_TOKEN",)),
    (r"secretOrPrivateKey must have a value|JwtStrategy requires a secret or key", "jsonwebtoken", ("JWT_SECRET", "JWT_SECRET_KEY", "ACCESS_TOKEN_SECRET", "SECRET_KEY", "JWT_ACCESS_SECRET")),
    (r"secret option required for sessions", "express-session", ("SESSION_SECRET",)),
    (r"accountSid must start with AC", "Twilio", ("TWILIO_ACCOUNT_SID",)),
    (r"Must supply api_key|Must supply cloud_name", "Cloudinary", ("CLOUDINARY_API_KEY", "CLOUDINARY_URL", "CLOUDINARY_CLOUD_NAME", "CLOUDINARY_KEY")),
    (r"No database connection string was provided to `neon\(\)`|No database host or connection string was set", "Neon", ("DATABASE_URL", "POSTGRES_URL")),
    (r"VercelPostgresError - 'missing_connection_string'", "Vercel Postgres", ("POSTGRES_URL",)),
    (r"\[Upstash Redis\] The '(?:url|token)' property is missing", "Upstash", ("UPSTASH_REDIS_REST_URL", "KV_REST_API_URL")),
    (r"Google(?:GenerativeAI)?.*API key is missing|AI_LoadAPIKeyError: (?:\S+ ){0,4}API key is missing", "the AI SDK", ("GOOGLE_GENERATIVE_AI_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY")),
    (r"Telegram Bot Token not provided|Error: Empty token!|An invalid token was provided", "the bot", ("TELEGRAM_BOT_TOKEN", "BOT_TOKEN", "DISCORD_TOKEN", "TOKEN")),
)  # fmt: skip

PATTERN = "|".join(said for said, _, _ in SETTINGS)


def setting(hit: Hit) -> Mapping[str, str] | None:
    """The variable, whether the repository reads it or not, and how it comes into a build or a service."""
    found = next(((who, names) for said, who, names in SETTINGS if re.search(said, hit.line)), None)
    if found is None:
        return None
    who, names = found
    read = next((name for name in names if _place(hit, name)), "")
    name = read or names[0]
    also = "" if read else f" (it is usually called {name})"
    return {
        "who": who,
        "name": name,
        "what": name if read else "The key",
        "state": "is not a whole PEM" if "Invalid PEM" in hit.line else "is not set",
        "told": re.sub(r"^.*?Error: ", "", " ".join(hit.line.split())).rstrip("."),
        "also": also,
        "when": "" if hit.section.kind is Kind.CONTAINER else " while it is built",
        "advice": _advice(hit, name),
    }


def _advice(hit: Hit, name: str) -> str:
    if hit.section.kind is Kind.CONTAINER:
        return f"Set {name} for the service: gcloud run services update SERVICE --update-secrets {name}=SECRET:latest (or env: in servergem.yml)"
    if name.startswith(("NEXT_PUBLIC_", "VITE_", "PUBLIC_")):
        return f"Write ARG {name} and ENV {name}=${name} above this RUN and give it with --build-arg: the build writes it into what the browser gets"
    return f"Make the client when it is first used instead of when its module is loaded, so that the build needs no {name}; or give the build a placeholder for it (ARG and ENV above this RUN) and the service the real one"


def _place(hit: Hit, name: str) -> Place | None:
    return variable("name")(Hit(hit.section, hit.index, Words({"name": name}), hit.files, hit.transcript))


def setting_place(hit: Hit) -> Place | None:
    """Where the variable is read; else where it was thrown, or what was running."""
    if place := _place(hit, hit["name"]):
        return place
    return failing_instruction(hit) if hit.section.instruction else thrown_at(hit) or ran_place(hit)
