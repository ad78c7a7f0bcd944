"""Routes of the app, below `/api/`."""

from django.urls import path

from chat import views

urlpatterns = [
    path("chat/conversations", views.ConversationsView.as_view()),
    path("chat/conversations/<str:conversation>", views.ConversationView.as_view()),
    path("chat/conversations/<str:conversation>/read", views.ReadConversationView.as_view()),
    path("chat/conversations/<str:conversation>/receipts", views.ReceiptsView.as_view()),
    path("chat/conversations/<str:conversation>/participants", views.ParticipantsView.as_view()),
    path("chat/conversations/<str:conversation>/participants/<str:user>", views.ParticipantView.as_view()),
    path("chat/conversations/<str:conversation>/leave", views.LeaveView.as_view()),
    path("chat/messages", views.MessagesView.as_view()),
    path("chat/messages/<str:target>", views.MessageView.as_view()),
    path("chat/messages/<str:target>/read", views.ReadMessageView.as_view()),
    path("chat/messages/<str:target>/reaction", views.ReactionView.as_view()),
    path("chat/search", views.SearchView.as_view()),
    path("chat/blocks", views.BlocksView.as_view()),
    path("chat/reports", views.ReportsView.as_view()),
]
