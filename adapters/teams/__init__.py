"""Microsoft Teams: cards in personal chats and channels, clicks and commands, over Bot Framework.

`app.build` is the way in. Nothing is built at import, nothing here decides anything: a click
is authenticated, parsed and handed to `core.chat.port.Conversations`. botbuilder, botframework and
msrest appear nowhere else in Countersign.
"""
