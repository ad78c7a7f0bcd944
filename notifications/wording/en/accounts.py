"""What people are told of their accounts, in English."""

from notifications.wording.words import Words

_NOT_YOU = "If this was not you, change your password at once and end the sessions that you do not know."

ACCOUNTS = {
    "email-verification": Words(
        title="Confirm your e-mail address",
        message="We have sent you a mail with a link that confirms your address.",
        push="Open your mailbox to go on.",
        mail=("Welcome to Wholexale. Please confirm that this address is yours.",),
        action="Confirm the address",
        note="The link and the code work for 24 hours. If you did not register, ignore this mail.",
        sms="Wholexale: please confirm your e-mail address. The link is in your mailbox.",
    ),
    "password-reset": Words(
        title="Reset your password",
        message="Somebody asked for a new password for your account. The link is in your mailbox.",
        push="The link is in your mailbox.",
        mail=("Somebody, hopefully you, asked for a new password for your account.",),
        action="Choose a new password",
        note="The link works once, and not for long. If you did not ask, ignore this mail: nothing changes.",
        sms="Wholexale: {code} is your code to reset your password. It works for 10 minutes. Tell it to nobody.",
    ),
    "otp": Words(
        title="Your verification code",
        message="We have sent you a code that confirms your telephone number.",
        push="We have sent you a code.",
        mail=("This code confirms that it is you.",),
        note="It works for 10 minutes. Nobody of Wholexale will ever ask you for it.",
        sms="Wholexale: {code} is your verification code. It works for 10 minutes. Tell it to nobody.",
    ),
    "welcome": Words(
        title="Welcome to Wholexale",
        message="Your account is ready: find suppliers, make offers, and pay on account.",
        push="Your account is ready.",
        action="Open Wholexale",
        sms="Welcome to Wholexale! Your account is ready. Open the app: {link}",
        tone="good",
    ),
    "login-alert": Words(
        title="New sign-in to your account",
        message="Somebody signed in to your account with {device} from {location}.",
        push="If this was not you, change your password.",
        facts=(("Device", "{device}"), ("From", "{location}"), ("When", "{when}")),
        action="See your sessions",
        note=_NOT_YOU,
        sms="Wholexale: new sign-in from {device}, {location}. Not you? Change your password now.",
        tone="bad",
    ),
    "password-changed": Words(
        title="Your password was changed",
        message="The password of your account was changed on {when}.",
        push="If this was not you, act now.",
        note=_NOT_YOU,
        sms="Wholexale: your password was changed on {when}. Not you? Reset it now.",
        tone="bad",
    ),
    "account-locked": Words(
        title="Your account is locked for a while",
        message="There were too many wrong passwords. You can sign in again after {until}.",
        push="There were too many wrong passwords.",
        note="If these were not your attempts, your password is still safe: nobody came in.",
        sms="Wholexale: too many wrong passwords. You can sign in again after {until}.",
        tone="bad",
    ),
    "security-alert": Words(
        title="A notice about the safety of your account",
        message="{message}",
        push="Open the app to see what has happened.",
        note=_NOT_YOU,
        sms="Wholexale: {message}",
        tone="bad",
    ),
    "member-added": Words(
        title="You have joined a business",
        message="You are now a member of {business}. Your role: {role}.",
        push="Open the app to see which one.",
        action="Open Wholexale",
        sms="Wholexale: you are now a member of {business}.",
        tone="good",
    ),
}
